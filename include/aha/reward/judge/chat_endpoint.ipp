#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/json_parser.hpp>
#include <aha/files/utf8.hpp>
#include <aha/reward/judge/chat_endpoint.hpp>
#include <aha/reward/trimmed.hpp>

namespace aha::detail {

AHA_INLINE endpoint_url read_endpoint(const std::string& base_url, const std::string& path) {
    const std::size_t scheme = base_url.starts_with("http://") ? 7 : base_url.starts_with("https://") ? 8 : 0;
    const std::size_t slash = std::min(base_url.find('/', scheme), base_url.size());
    require(base_url.find('@') == std::string::npos,
            "base_url must not hold a user or a password; put the key into an environment variable and name that in "
            "api_key_variable");
    const bool plain = std::all_of(base_url.begin(), base_url.end(),
                                   [](char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#'; });
    require(scheme > 0 && slash > scheme && plain,
            "base_url must be http:// or https:// with a host, such as http://localhost:8000/v1, not \"", base_url,
            '"');
    require(path.starts_with('/') && path.find_first_of(" \t\r\n") == std::string::npos,
            "path must begin with a slash and have no blanks, not \"", path, '"');
    std::string before = base_url.substr(slash);
    while (before.ends_with('/')) before.pop_back();
    return {base_url.substr(0, slash), before + path};
}

AHA_INLINE json chat_messages(std::span<const message> messages) {
    json list = json::array();
    for (const message& one : messages) {
        if (!one.as_read.is_null()) list.push_back(one.as_read);
        else
            list.push_back(
                {{"role", utf8::replace_invalid(one.role)}, {"content", utf8::replace_invalid(one.content)}});
    }
    return list;
}

AHA_INLINE std::optional<std::string> chat_text(std::string_view body) {
    json reply;
    try {
        reply = parse_json<json>(body, "a reply");
    } catch (const error&) {
        return std::nullopt;
    }
    if (!reply.is_object() || !reply.contains("choices")) return std::nullopt;
    const json& choices = reply.at("choices");
    if (!choices.is_array() || choices.empty() || !choices.at(0).is_object()) return std::nullopt;
    const auto said = choices.at(0).find("message");
    if (said == choices.at(0).end() || !said->is_object()) return std::nullopt;
    const auto content = said->find("content");
    if (content == said->end() || content->is_null()) return "";
    return content->is_string() ? std::optional{content->get<std::string>()} : std::nullopt;
}

AHA_INLINE std::string shown_reply(std::string_view body, const std::string& secret) {
    std::string text{trimmed(body)};
    try {
        const json reply = parse_json<json>(body, "a reply");
        const json& problem = reply.is_object() && reply.contains("error") ? reply.at("error") : reply;
        if (problem.is_string()) text = problem.get<std::string>();
        else if (problem.is_object() && problem.contains("message") && problem.at("message").is_string())
            text = problem.at("message").get<std::string>();
    } catch (const error&) {
        // Then it is shown as it is.
    }
    if (!secret.empty())
        for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += 3)
            text.replace(at, secret.size(), "***");
    text = utf8::replace_invalid(text);
    constexpr std::size_t most = 300;
    if (text.size() > most) {
        std::size_t end = most;
        while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
        text = text.substr(0, end) + "...";
    }
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return text;
}

/// A whole number of digits alone.
AHA_INLINE std::optional<int> digits_of(std::string_view text) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || text.front() == '-' || problem != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

AHA_INLINE std::optional<double> retry_after_seconds(std::string_view header,
                                                     std::chrono::system_clock::time_point now) {
    header = trimmed(header);
    if (const auto seconds = digits_of(header)) return *seconds;
    // "Wed, 21 Oct 2015 07:28:00 GMT", by its places (RFC 9110, 5.6.7).
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (header.size() != 29 || !header.ends_with(" GMT")) return std::nullopt;
    const auto month = std::find(months.begin(), months.end(), header.substr(8, 3));
    const auto day = digits_of(header.substr(5, 2)), year = digits_of(header.substr(12, 4)),
               hour = digits_of(header.substr(17, 2)), minute = digits_of(header.substr(20, 2)),
               second = digits_of(header.substr(23, 2));
    if (month == months.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(month - months.begin() + 1)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    const auto then = std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                      std::chrono::seconds{*second};
    return std::max(0.0, std::chrono::duration<double>(then - now).count());
}

}  // namespace aha::detail
