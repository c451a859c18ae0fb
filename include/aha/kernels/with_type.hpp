#pragma once

#include <c10/core/ScalarType.h>
#include <c10/util/BFloat16.h>

namespace aha::detail {

/// Calls `f` with a null pointer of the element type: float or bfloat16.
template <class F>
void with_type(c10::ScalarType type, F f) {
    if (type == c10::kBFloat16) f(static_cast<c10::BFloat16*>(nullptr));
    else f(static_cast<float*>(nullptr));
}

/// The same for two types.
template <class F>
void with_types(c10::ScalarType a, c10::ScalarType b, F f) {
    with_type(a, [&](auto* first) { with_type(b, [&](auto* second) { f(first, second); }); });
}

}  // namespace aha::detail
