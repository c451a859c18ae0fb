#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <aha/reward/math/extraction.hpp>

namespace aha::math {

struct expression;

/// What a text says as its answer.
struct math_answer {
    std::shared_ptr<const expression> value{};  ///< its formula; null if none can be read
    std::string unit{};                         ///< the unit of a number, where it is one that is known: "cm"
    std::string text{};  ///< the answer as it stands in the text, in one spelling; empty if none does

    explicit operator bool() const { return value != nullptr || !text.empty(); }  ///< whether there is one
};

/// The answer as a person would type it: "1/2", "5 cm"; its text where no formula can be read.
std::string to_text(const math_answer& one);

/// The answer that a text gives: in a reference all of it, in a completion what stands behind "the final answer is", in
/// the last box, behind "answer" or at the end. A text that is nothing but a formula or a few words is itself the
/// answer. Linear time but for texts made to mislead.
math_answer read_math(std::string_view text, const extraction_options& options = {});

/// What all of a formula or plain text says, without a look for boxes and dollar signs.
math_answer read_whole(std::string_view text, bool as_math_verify = false);

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/reader.ipp>
#endif
