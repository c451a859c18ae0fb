#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <aha/concepts/reward.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// What `judge` says of a completion, as a score: a number or a bool is its value, an empty optional is "not
/// applicable".
template <reward R>
score as_score(const R& judge, const prompt& asked, const completion& given) {
    auto&& result = judge(asked, given);
    using result_type = std::remove_cvref_t<decltype(result)>;
    if constexpr (std::is_arithmetic_v<result_type>) {
        return score{static_cast<double>(result)};
    } else if constexpr (std::is_same_v<result_type, std::optional<double>>) {
        return result ? score{*result} : score::not_applicable();
    } else {
        return std::forward<decltype(result)>(result);
    }
}

}  // namespace aha
