#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/reward/judge/chat_endpoint.hpp>

namespace aha {

/// Where an `http_judge` asks, what, and with how much patience.
struct http_judge_options {
    std::string base_url = "http://localhost:8000/v1";  ///< as clients of OpenAI's take it
    std::string path = "/chat/completions";             ///< below it
    std::string model{};                                ///< as the server calls it
    std::string api_key_variable{};  ///< the environment variable that holds the key, sent as "Bearer KEY"; empty:
                                     ///< none is sent
    std::optional<double> temperature{0};  ///< 0 is greedy; nothing: the server's own
    std::int64_t max_tokens = 1024;        ///< most tokens of an answer; 0: the server's own limit
    std::optional<std::int64_t> seed{};    ///< sent as "seed", plus the number of the vote; nothing: none is sent
    json more = json::object();            ///< further members of each request; those above win
    double connect_seconds = 10;           ///< longest wait for a connection
    double answer_seconds = 300;           ///< longest silence of the server while it answers
    std::int64_t retries = 4;              ///< further tries after a failure that may pass: no connection, one that
                                           ///< breaks off, a time-out, the states 429 and 500 to 599
    double first_wait_seconds = 0.5;       ///< before the first of them; each further one waits twice as long
    double longest_wait_seconds = 60;      ///< the most that it waits. A server that asks for more with Retry-After is
                                           ///< given up
    std::int64_t at_a_time = 8;            ///< requests under way at once, of all threads; others wait for their turn
    std::int64_t most_reply_bytes = std::int64_t{16} << 20;  ///< a longer reply is an error
    std::function<void(double seconds)> wait{};  ///< how it waits, called by several threads at once; empty:
                                                 ///< by sleeping

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        detail::read_endpoint(base_url, path);
        const auto positive = [](const char* name, double seconds) {
            require(seconds > 0 && seconds <= 1e6, name, " must be positive and at most 1e+06, not ", seconds);
        };
        require(!model.empty(), "an http_judge needs the name of a model");
        require(!temperature || (std::isfinite(*temperature) && *temperature >= 0),
                "temperature must be 0 (greedy) or more, not ", temperature.value_or(0));
        require(max_tokens >= 0, "max_tokens must be 0 (the server's limit) or more, not ", max_tokens);
        require(more.is_object(), "more must be an object, not ", more.dump());
        positive("connect_seconds", connect_seconds);
        positive("answer_seconds", answer_seconds);
        require(retries >= 0 && retries <= 1000, "retries must be from 0 to 1000, not ", retries);
        positive("first_wait_seconds", first_wait_seconds);
        positive("longest_wait_seconds", longest_wait_seconds);
        require(at_a_time > 0, "at_a_time must be positive, not ", at_a_time);
        require(most_reply_bytes > 0, "most_reply_bytes must be positive, not ", most_reply_bytes);
    }
};

}  // namespace aha
