#pragma once

#include <cstdint>

#include <aha/text/regex.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE regex::regex(std::string_view pattern) : pattern_{pattern} {
    require(utf8::is_valid(pattern), "a regular expression is not UTF-8");
    require(pattern.size() <= 65536, "a regular expression of ", pattern.size(), " bytes is too long (at most 65536)");
    const std::unique_ptr<pcre2_compile_context_8, context_deleter> context{pcre2_compile_context_create_8(nullptr)};
    require(context != nullptr, "no memory for a regular expression");
    pcre2_set_newline_8(context.get(), PCRE2_NEWLINE_LF);
    int code = 0;
    PCRE2_SIZE offset = 0;
    code_.reset(pcre2_compile_8(reinterpret_cast<PCRE2_SPTR8>(pattern.data()), pattern.size(),
                                PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &code, &offset,
                                context.get()),
                [](pcre2_code_8* made) { pcre2_code_free_8(made); });
    require(code_ != nullptr, "the regular expression ", shown(), " is wrong at byte ", offset, ": ", message(code));
    // Without executable memory there is no such compiler; the interpreter gives the same matches.
    pcre2_jit_compile_8(code_.get(), PCRE2_JIT_COMPLETE);
}

AHA_INLINE std::vector<text_span> regex::matches(std::string_view text) const {
    std::vector<text_span> found;
    each_match(text, make_workspace(), [&](text_span match) { found.push_back(match); });
    return found;
}

AHA_INLINE auto regex::make_workspace() const -> workspace {
    workspace made{pcre2_match_data_create_from_pattern_8(code_.get(), nullptr),
                   [](pcre2_match_data_8* data) { pcre2_match_data_free_8(data); }};
    require(made != nullptr, "no memory for a regular expression");
    return made;
}

AHA_INLINE std::string regex::quoted(std::string_view text) {
    std::string pattern;
    for (const char c : text) {
        const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && static_cast<unsigned char>(c) < 0x80) pattern += '\\';
        pattern += c;
    }
    return pattern;
}

AHA_INLINE int regex::match(std::string_view text, std::size_t from, pcre2_match_data_8* data) const {
    const auto run = [&](std::uint32_t options) {
        return pcre2_match_8(code_.get(), reinterpret_cast<PCRE2_SPTR8>(text.data()), text.size(), from,
                             options | PCRE2_NO_UTF_CHECK, data, nullptr);
    };
    // Compiled matching has a small stack; the interpreter takes its memory from the heap.
    const int result = run(0);
    return result == PCRE2_ERROR_JIT_STACKLIMIT ? run(PCRE2_NO_JIT) : result;
}

AHA_INLINE std::string regex::message(int code) {
    std::string text(256, '\0');
    const int size = pcre2_get_error_message_8(code, reinterpret_cast<PCRE2_UCHAR8*>(text.data()), text.size());
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
}

AHA_INLINE std::string regex::shown() const {
    return "\"" + utf8::replace_invalid(std::string_view{pattern_}.substr(0, 80)) +
           (pattern_.size() > 80 ? "...\"" : "\"");
}

}  // namespace aha
