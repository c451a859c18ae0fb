#pragma once

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif

#include <cstddef>
#include <cstdint>
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
    explicit regex(std::string_view pattern) : pattern_{pattern} {
        require(utf8::is_valid(pattern), "a regular expression is not UTF-8");
        require(pattern.size() <= 65536, "a regular expression of ", pattern.size(),
                " bytes is too long (at most 65536)");
        const std::unique_ptr<pcre2_compile_context_8, context_deleter> context{
            pcre2_compile_context_create_8(nullptr)};
        require(context != nullptr, "no memory for a regular expression");
        pcre2_set_newline_8(context.get(), PCRE2_NEWLINE_LF);
        int code = 0;
        PCRE2_SIZE offset = 0;
        code_.reset(pcre2_compile_8(reinterpret_cast<PCRE2_SPTR8>(pattern.data()), pattern.size(),
                                    PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &code, &offset,
                                    context.get()),
                    [](pcre2_code_8* made) { pcre2_code_free_8(made); });
        require(code_ != nullptr, "the regular expression ", shown(), " is wrong at byte ", offset, ": ",
                message(code));
        // Without executable memory there is no such compiler; the interpreter gives the same matches.
        pcre2_jit_compile_8(code_.get(), PCRE2_JIT_COMPLETE);
    }

    /// The matches in `text` (UTF-8) from left to right, none overlapping; an empty match directly after another is
    /// left out, as in Oniguruma's and Rust's iterators. Throws `aha::error` if matching takes too many steps.
    std::vector<text_span> matches(std::string_view text) const {
        std::vector<text_span> found;
        each_match(text, make_workspace(), [&](text_span match) { found.push_back(match); });
        return found;
    }

    /// What a search works in; one search at a time.
    using workspace = std::shared_ptr<pcre2_match_data_8>;
    /// Memory for matches of this expression. Throws `aha::error` if there is none.
    workspace make_workspace() const {
        workspace made{pcre2_match_data_create_from_pattern_8(code_.get(), nullptr),
                       [](pcre2_match_data_8* data) { pcre2_match_data_free_8(data); }};
        require(made != nullptr, "no memory for a regular expression");
        return made;
    }

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
    static std::string quoted(std::string_view text) {
        std::string pattern;
        for (const char c : text) {
            const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!word && static_cast<unsigned char>(c) < 0x80) pattern += '\\';
            pattern += c;
        }
        return pattern;
    }

private:
    struct context_deleter {
        void operator()(pcre2_compile_context_8* made) const { pcre2_compile_context_free_8(made); }
    };
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);

    int match(std::string_view text, std::size_t from, pcre2_match_data_8* data) const {
        const auto run = [&](std::uint32_t options) {
            return pcre2_match_8(code_.get(), reinterpret_cast<PCRE2_SPTR8>(text.data()), text.size(), from,
                                 options | PCRE2_NO_UTF_CHECK, data, nullptr);
        };
        // Compiled matching has a small stack; the interpreter takes its memory from the heap.
        const int result = run(0);
        return result == PCRE2_ERROR_JIT_STACKLIMIT ? run(PCRE2_NO_JIT) : result;
    }

    static std::string message(int code) {
        std::string text(256, '\0');
        const int size = pcre2_get_error_message_8(code, reinterpret_cast<PCRE2_UCHAR8*>(text.data()), text.size());
        text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return text;
    }

    std::string shown() const {
        return "\"" + utf8::replace_invalid(std::string_view{pattern_}.substr(0, 80)) +
               (pattern_.size() > 80 ? "...\"" : "\"");
    }

    std::string pattern_;
    std::shared_ptr<pcre2_code_8> code_;
};

}  // namespace aha
