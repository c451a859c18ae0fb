#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/reward/math/equality_options.hpp>
#include <aha/reward/math/extraction.hpp>
#include <aha/reward/math/reader.hpp>

namespace aha {

/// How a `math_verifier` reads and compares.
struct math_options {
    math::extraction_options extraction{};  ///< where an answer is looked for
    math::equality_options equality{};      ///< when two answers say the same
    std::int64_t budget = 10'000;           ///< the most work of one comparison, see `math::work_budget`

    /// The verdicts of Math-Verify 0.9.0, also where they are plainly wrong.
    static math_options as_math_verify() {
        math_options options;
        options.extraction.as_math_verify = true;
        options.equality.as_math_verify = true;
        return options;
    }

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        extraction.validate();
        equality.validate();
        require(budget > 0, "budget must be positive, not ", budget);
    }
};

/// Compares answers in mathematics as Math-Verify does, but the same whichever side is the reference, and never longer
/// than its budget of work allows, on any thread.
///
/// An answer that cannot be read equals one with the same text. A unit counts only where both have one.
class math_verifier {
public:
    /// Throws `aha::error` naming the first option that makes no sense.
    explicit math_verifier(math_options options = {}) : options_{std::move(options)} { options_.validate(); }

    /// The answer that a text gives.
    math::math_answer read(std::string_view text) const { return math::read_math(text, options_.extraction); }

    /// Whether two answers say the same.
    bool same(const math::math_answer& gold, const math::math_answer& given) const;

    /// Whether the answer that a text gives is the reference's.
    bool operator()(std::string_view gold, std::string_view answer) const { return same(read(gold), read(answer)); }

    /// Whether the answer that a text gives is one of several references'.
    bool operator()(std::span<const std::string> golds, std::string_view answer) const;

    const math_options& options() const { return options_; }  ///< as given

private:
    math_options options_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/math/math_verifier.ipp>
#endif
