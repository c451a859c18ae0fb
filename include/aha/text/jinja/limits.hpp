#pragma once

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

/// What no template may exceed: the depth and size of values, the length of texts, the work of a rendering.
namespace aha::detail::jinja {

/// A template that cannot go on; the evaluator adds the line and makes it an `aha::error`.
class template_problem : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

template <class... Parts>
[[noreturn]] void problem(const Parts&... parts) {
    std::ostringstream sentence;
    (sentence << ... << parts);
    throw template_problem{sentence.str()};
}

/// How much there is to visit in a value: its nesting, and its parts (every 64 bytes of text are one). Bounded, so that
/// no template can build what takes too long to print or to compare, or is nested too deep for the stack.
struct extent {
    int depth = 0;
    std::size_t parts = 1;

    /// Counts a part in.
    void enclose(const extent& part) {
        depth = std::max(depth, part.depth + 1);
        parts += part.parts;
        if (depth > 250) problem("a value nested deeper than 250 levels");
        if (parts > 4'000'000) problem("a value of more than 4 million parts");
    }
    /// The extent of what holds on to a value of this extent.
    extent around() const {
        extent outer;
        outer.enclose(*this);
        return outer;
    }
    static extent of_text(std::size_t bytes) { return {0, 1 + bytes / 64}; }
};

/// The longest text that a template may make, in bytes.
constexpr std::size_t longest_text = 20'000'000;

/// Appends to a text that grows by what a template says.
inline void grow(std::string& text, std::string_view part) {
    if (text.size() + part.size() > longest_text) problem("a text of more than ", longest_text, " bytes");
    text += part;
}
/// Appends a character `times` times.
inline void grow(std::string& text, std::string_view character, std::size_t times) {
    if (times > longest_text || text.size() + times * character.size() > longest_text)
        problem("a text of more than ", longest_text, " bytes");
    for (; times > 0; --times) text += character;
}

/// The work that a rendering may still do.
class budget {
public:
    void spend(std::size_t steps) {
        if (steps > left_) problem("rendering takes more than 2 million steps");
        left_ -= steps;
    }

private:
    std::size_t left_ = 2'000'000;
};

}  // namespace aha::detail::jinja
