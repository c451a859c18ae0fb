#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <aha/core/json.hpp>
#include <aha/core/message.hpp>

/// What an OpenAI-compatible endpoint is sent and sends, without the sending.
namespace aha::detail {

/// Where an endpoint is.
struct endpoint_url {
    std::string server{};  ///< scheme, host and port: "http://localhost:8000"
    std::string path{};    ///< "/v1/chat/completions"
};

/// The URL in its parts, for a base such as "http://localhost:8000/v1" and a path below it.
/// Throws `aha::error` for a base that is none of http or https, and one with a user, a query or a fragment. It does
/// not repeat a base with a user, which may hold a password.
endpoint_url read_endpoint(const std::string& base_url, const std::string& path);

/// The messages as a request has them, with U+FFFD for what is no UTF-8.
json chat_messages(std::span<const message> messages);

/// The first choice's text in a reply to a request for a chat completion; "" where there is none, as of a refusal.
/// Nothing if the reply is something else.
std::optional<std::string> chat_text(std::string_view body);

/// What a reply that is an error says, fit for a sentence: its "error"'s "message" or its text, one line, cut. `secret`
/// is not in it: some servers repeat keys.
std::string shown_reply(std::string_view body, const std::string& secret);

/// The seconds of a Retry-After header, given as a number or as a date; nothing for anything else.
std::optional<double> retry_after_seconds(std::string_view header, std::chrono::system_clock::time_point now);

}  // namespace aha::detail

#ifndef AHA_COMPILED
#include <aha/reward/judge/chat_endpoint.ipp>
#endif
