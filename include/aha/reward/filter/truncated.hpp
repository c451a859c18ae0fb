#pragma once

#include <string_view>

#include <aha/core/records.hpp>

namespace aha {

/// A `completion_filter` that drops what ended because its tokens were used up, `finish_reason::length`.
struct truncated {
    bool operator()(const prompt&, const completion& given) const { return given.finish != finish_reason::length; }

    std::string_view name() const { return "truncated"; }
};

}  // namespace aha
