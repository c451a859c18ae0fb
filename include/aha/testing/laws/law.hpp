#pragma once

#include <sstream>
#include <string>
#include <string_view>

namespace aha::testing {

/// One law of a concept, for one implementation.
struct law {
    std::string_view name;    ///< what holds, as one says it: "gives_one_number_a_score"
    std::string (*broken)();  ///< checks it: empty if the law holds, else one sentence with the offending value
};

/// The parts as one sentence: what a law says when it is broken.
template <class... Parts>
std::string sentence(const Parts&... parts) {
    std::ostringstream text;
    (text << ... << parts);
    return text.str();
}

}  // namespace aha::testing
