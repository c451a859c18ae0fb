#pragma once

#include <string_view>

namespace aha {

/// The library's version; the build reads it from here.
inline constexpr std::string_view version_string = "0.1.0";

}  // namespace aha
