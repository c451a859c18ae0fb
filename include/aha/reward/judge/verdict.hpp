#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aha/core/json.hpp>
#include <aha/reward/judge/rubric.hpp>

/// What a judge's text says. Thoughts (up to `</think>`), prose, fences and slips of JSON (line breaks and backslashes
/// in strings, as formulas have them) are forgiven; what is said is not guessed at. A text that says nothing, two
/// things, or something else gives nothing. So does one in which the key of the verdict stands in quotes anywhere but
/// in a verdict: half of one, or an answer that was quoted to mislead.
namespace aha {

/// Whether an answer is the reference's.
struct reference_verdict {
    bool correct = false;    ///< what it says
    std::string analysis{};  ///< why, in the judge's words
};

/// Reads {"analysis": "...", "correctness": "correct" or "incorrect"}.
std::optional<reference_verdict> read_reference_verdict(std::string_view reply);

/// Reads one of [[A>>B]], [[A>B]], [[A=B]], [[B>A]] and [[B>>A]]: 2, 1, 0, -1 or -2, which is how much better A is.
std::optional<int> read_pairwise_verdict(std::string_view reply);

/// What an answer earned by a rubric.
struct rubric_verdict {
    std::vector<double> points{};  ///< in the order of the criteria
    std::string analysis{};        ///< why, in the judge's words
};

/// Reads {"analysis": "...", "points": {NAME: POINTS, ...}} with each criterion once, from 0 to its points, and no
/// other.
std::optional<rubric_verdict> read_rubric_verdict(std::string_view reply, std::span<const criterion> rubric);

namespace detail {

/// The objects of JSON that stand in a text, one after the other; what stands inside them is not looked at.
std::vector<json> json_objects(std::string_view text);

/// What the text says after its thoughts; nothing if they do not end.
std::optional<std::string_view> said_after_thoughts(std::string_view reply);

/// The objects with a member `key`; none if `key` stands in quotes outside of them.
std::vector<json> objects_with(std::string_view reply, std::string_view key);

}  // namespace detail

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/judge/verdict.ipp>
#endif
