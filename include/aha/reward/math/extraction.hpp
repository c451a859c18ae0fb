#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aha/core/error.hpp>

namespace aha::math {

/// Whether a text in which no answer can be read still has one as text.
enum class fallback_mode : std::uint8_t {
    none,         ///< it has none
    first_match,  ///< the first place that was tried, as text
};

/// Which of the places where an answer may stand are tried.
enum class extraction_mode : std::uint8_t {
    first_match,  ///< the first alone
    any_match,    ///< one after the other, until one can be read
};

/// Where an answer is looked for. Of what stands behind "the final answer is" and in a box, behind "answer" and
/// anywhere else, the first kind that is there counts, and of one kind the last; a name in parentheses is
/// Math-Verify's.
struct extraction_options {
    bool latex = true;        ///< formulas in $...$, \(...\), \[...\] and boxes count (LatexExtractionConfig)
    bool expressions = true;  ///< numbers and arithmetic without dollar signs count (ExprExtractionConfig)
    std::vector<std::string> strings{};  ///< words that are answers as they are, as "A" (StringExtractionConfig)
    bool without_anchor = true;          ///< also where neither "answer" nor a box is (try_extract_without_anchor)
    int boxed_priority = 50;  ///< when a box counts: 0 before everything, 50 as "final answer", below 0 never
                              ///< (boxed_match_priority)
    fallback_mode fallback = fallback_mode::first_match;      ///< what a text without a readable answer has
    extraction_mode extraction = extraction_mode::any_match;  ///< how many places are tried
    bool as_math_verify = false;  ///< read as Math-Verify 0.9.0 does, also where it is plainly wrong

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(boxed_priority <= 300, "boxed_priority must be at most 300, not ", boxed_priority);
        require(latex || expressions || !strings.empty(), "latex, expressions or strings must be looked for");
        for (const std::string& one : strings) require(!one.empty(), "strings must not hold an empty string");
    }
};

/// A place in a text where an answer may stand.
struct answer_place {
    /// What stands there.
    enum class content : std::uint8_t {
        formula,     ///< a formula, or several that "and", "or" or a comma join
        arithmetic,  ///< plain text as "1/2 + 3"
        number,      ///< a plain number
        words,       ///< the rest of a sentence, or one of `extraction_options::strings`
    };
    content kind = content::formula;   ///< what stands there
    std::vector<std::string> texts{};  ///< the text; several of a formula that is joined
    std::vector<bool> percent{};       ///< for each text whether a percent sign follows
    int priority = 0;                  ///< the lower it is, the sooner it counts
    std::size_t begin = 0, end = 0;    ///< in the text
};

/// The places of one priority, in the order in which they are tried.
std::vector<answer_place> answer_places(std::string_view text, int priority, const extraction_options& options);

/// The priorities that there are under these options, in ascending order.
std::vector<int> place_priorities(const extraction_options& options);

/// The content of the boxes in a text, joined by commas; all of the text if it has no box. With `last_only` the last
/// box and those before it that only a few words part from it.
std::string boxed_content(std::string_view text, bool last_only);

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/extraction.ipp>
#endif
