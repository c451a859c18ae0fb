#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/files/utf8.hpp>
#include <aha/reward/chain_of_thought.hpp>
#include <aha/reward/trimmed.hpp>

namespace aha {

/// How long a paragraph may be. The paper names no number.
struct long_paragraphs_options {
    std::int64_t characters = 2000;  ///< the most that one may have
    judged_part part{};              ///< the chain of thought, or the whole text

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const { require(characters > 0, "characters must be above 0, not ", characters); }
};

/// A `completion_filter` that drops texts with a paragraph of more characters than that, as R1's rejection sampling
/// does (paper, section 2.3.3 of v1). Paragraphs are what lines without anything but white space separate;
/// white space at the ends of their lines counts.
class long_paragraphs {
public:
    /// Throws `aha::error` naming the first option that makes no sense.
    explicit long_paragraphs(long_paragraphs_options options = {}) : options_{options} { options_.validate(); }

    bool operator()(const prompt&, const completion& given) const {
        std::int64_t length = 0;  // of the paragraph so far, its line ends included
        for (std::string_view rest = options_.part(given.text); !rest.empty();) {
            const std::size_t end = rest.find('\n');
            const std::string_view line = rest.substr(0, end);
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
            const bool blank = detail::trimmed(line).empty();
            length = blank ? 0 : length + (length > 0 ? 1 : 0) + characters_of(line);
            if (length > options_.characters) return false;
        }
        return true;
    }

    std::string_view name() const { return "long_paragraphs"; }
    /// What it was made with.
    const long_paragraphs_options& options() const { return options_; }

private:
    static std::int64_t characters_of(std::string_view line) {
        std::int64_t count = 0;
        for (std::size_t at = 0; at < line.size(); at += utf8::unit_at(line, at).size) ++count;
        return count;
    }

    long_paragraphs_options options_;
};

}  // namespace aha
