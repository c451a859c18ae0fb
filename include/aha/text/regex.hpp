#pragma once

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif

#include <cstddef>
#include <memory>
#include <pcre2.h>
#include <string>
#include <string_view>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/text_span.hpp>

namespace aha {

/// A regular expression of PCRE2 over UTF-8, with Unicode properties; ^ and $ match at lines. Cheap to copy; several
/// threads may use one.
class regex {
public:
    /// Throws `aha::error` with the pattern and PCRE2's complaint if it is no regular expression.
    explicit regex(std::string_view pattern);

    /// The matches in `text` (UTF-8) from left to right, none overlapping; an empty match directly after another is
    /// left out, as in Oniguruma's and Rust's iterators. Throws `aha::error` if matching takes too many steps.
    std::vector<text_span> matches(std::string_view text) const;

    /// What a search works in; one search at a time.
    using workspace = std::shared_ptr<pcre2_match_data_8>;
    /// Memory for matches of this expression. Throws `aha::error` if there is none.
    workspace make_workspace() const;

    /// The same matches, given to `see` one by one.
    template <class See>
    void each_match(std::string_view text, const workspace& data, See&& see) const {
        std::size_t last = npos;  // where the match before ended
        for (std::size_t from = 0; from <= text.size();) {
            const int result = match(text, from, data.get());
            if (result == PCRE2_ERROR_NOMATCH) break;
            // What is said is put together only when it is said: this runs for each match.
            if (result < 0)
                fail("the regular expression ", shown(), " fails on a text of ", text.size(),
                     " bytes: ", message(result));
            const PCRE2_SIZE* const ends = pcre2_get_ovector_pointer_8(data.get());
            const text_span next{ends[0], ends[1]};
            // \K in a look-ahead could turn a match around; such a match is of no use.
            if (next.begin > next.end || next.begin < from)
                fail("the regular expression ", shown(), " gives a match that ends before it starts");
            if (next.begin == next.end && last == next.end) {
                const std::size_t step = utf8::unit_at(text, from).size;
                from += step == 0 ? 1 : step;
                continue;
            }
            see(next);
            from = last = next.end;
        }
    }

    /// The pattern as it was given.
    const std::string& pattern() const { return pattern_; }

    /// A pattern that matches `text` and nothing else.
    static std::string quoted(std::string_view text);

private:
    struct context_deleter {
        void operator()(pcre2_compile_context_8* made) const { pcre2_compile_context_free_8(made); }
    };
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);

    int match(std::string_view text, std::size_t from, pcre2_match_data_8* data) const;

    static std::string message(int code);

    std::string shown() const;

    std::string pattern_;
    std::shared_ptr<pcre2_code_8> code_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/regex.ipp>
#endif
