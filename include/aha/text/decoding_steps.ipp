#pragma once

#include <aha/text/decoding_steps.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail::tokenizing {

/// More than this is not the text of any token: steps that double it again and again would take all memory.
inline constexpr std::size_t decoded_limit = std::size_t{1} << 24;

AHA_INLINE void check_decoded(std::size_t size) {
    require(size <= decoded_limit, "the decoder makes more than ", decoded_limit, " bytes of one token");
}

AHA_INLINE std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
    std::string result;
    if (from.empty()) {
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t size = utf8::unit_at(text, at).size;
            result.append(to).append(text.substr(at, size));
            check_decoded(result.size());
            at += size;
        }
        return result.append(to);
    }
    std::size_t end = 0;
    for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from, end)) {
        result.append(text.substr(end, at - end)).append(to);
        check_decoded(result.size());
        end = at + from.size();
    }
    return result.append(text.substr(end));
}

AHA_INLINE std::string clean_up(std::string text) {
    constexpr std::pair<std::string_view, std::string_view> changes[] = {
        {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
        {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    for (const auto& [from, to] : changes)
        if (text.find(from) != std::string::npos) text = replace_all(text, from, to);
    return text;
}

AHA_INLINE std::string decode_byte_level::bytes_of(std::string_view token) {
    auto bytes = byte_alphabet::read(token);
    return bytes ? *std::move(bytes) : std::string{token};
}

AHA_INLINE bool decode_byte_level::ends_whole(std::string_view bytes) {
    return bytes.empty() || static_cast<unsigned char>(bytes.back()) < 0x80;
}

AHA_INLINE std::size_t decode_byte_level::unfinished(std::string_view bytes) {
    for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
        const std::size_t at = bytes.size() - back;
        const auto lead = static_cast<unsigned char>(bytes[at]);
        if (lead < 0x80) return 0;
        if (lead < 0xC2) continue;
        const utf8::unit last = utf8::unit_at(bytes, at);
        return lead <= 0xF4 && !last.valid && last.size == back ? back : 0;
    }
    return 0;
}

AHA_INLINE std::optional<char> decode_byte_fallback::byte_of(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    // Rust reads a sign before a number, so "<0x+F>" is a byte too.
    const int high = token[3] == '+' ? 0 : digit(token[3]), low = digit(token[4]);
    if (high < 0 || low < 0) return std::nullopt;
    return static_cast<char>(high * 16 + low);
}

AHA_INLINE bool decode_replace::by_character() const {
    return !pattern && !text.empty() && utf8::unit_at(text, 0).size == text.size();
}

}  // namespace aha::detail::tokenizing
