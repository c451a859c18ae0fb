#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <httplib.h>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/message.hpp>
#include <aha/reward/judge/chat_endpoint.hpp>
#include <aha/reward/judge/http_judge_options.hpp>

// cpp-httplib's classes differ by the macros that a program has, so what uses them is compiled in that program and is
// no part of aha::compiled.
namespace aha {

namespace detail {

/// Connections to a server, of which only so many are in use at once; they stay open for the next request.
class http_connections {
public:
    http_connections(std::string server, const http_judge_options& options)
        : server_{std::move(server)},
          connect_{options.connect_seconds},
          answer_{options.answer_seconds},
          free_{options.at_a_time} {}

    /// What `use(client)` gives, when it is the caller's turn.
    template <class Use>
    auto with_one(const Use& use) {
        std::unique_lock lock{guard_};
        changed_.wait(lock, [&] { return free_ > 0; });
        --free_;
        struct give_back {  // also if `use` throws
            http_connections& all;
            std::unique_ptr<httplib::Client> client{};
            ~give_back() {
                const std::lock_guard again{all.guard_};
                ++all.free_;
                if (client) all.idle_.push_back(std::move(client));
                all.changed_.notify_one();
            }
        };
        give_back mine{*this};
        if (!idle_.empty()) {
            mine.client = std::move(idle_.back());
            idle_.pop_back();
        }
        lock.unlock();
        if (!mine.client) mine.client = opened();
        return use(*mine.client);
    }

private:
    using seconds = std::chrono::duration<double>;

    std::unique_ptr<httplib::Client> opened() const {
        auto made = std::make_unique<httplib::Client>(server_);
        const auto whole = [](seconds time) { return std::chrono::duration_cast<std::chrono::microseconds>(time); };
        made->set_connection_timeout(whole(connect_));
        made->set_read_timeout(whole(answer_));
        made->set_write_timeout(whole(answer_));
        made->set_keep_alive(true);
        made->set_tcp_nodelay(true);
        return made;
    }

    std::string server_;
    seconds connect_, answer_;
    std::mutex guard_;
    std::condition_variable changed_;
    std::int64_t free_;
    std::vector<std::unique_ptr<httplib::Client>> idle_;
};

/// How a try ended.
struct http_try {
    std::optional<std::string> said{};  ///< the judge's answer
    std::string problem{};              ///< else what went wrong: the rest of a sentence that begins with the URL
    bool may_pass = false;              ///< trying again makes sense
    std::optional<double> wait{};       ///< after so many seconds, says the server
};

}  // namespace detail

/// A `judge` on another machine: any server that speaks OpenAI's protocol for chat completions, as vLLM, SGLang,
/// llama.cpp and the providers do. Needs the CMake target `aha::judge`, which exists if cpp-httplib was found (Debian:
/// libcpp-httplib-dev).
///
/// Several threads ask at once, up to `at_a_time` requests; a failure that may pass is tried again. Copies share
/// connections and limit. What goes wrong for good is an `aha::error` of one sentence with the URL and the server's
/// words, never with the key. https needs a cpp-httplib with OpenSSL, as Debian's is; redirections are not followed,
/// since they would take the key elsewhere.
class http_judge {
public:
    /// Throws `aha::error` for options that make no sense, and a variable for the key that is not set.
    explicit http_judge(http_judge_options options)
        : options_{(options.validate(), std::move(options))},
          place_{detail::read_endpoint(options_.base_url, options_.path)},
          key_{read_key(options_)},
          connections_{std::make_shared<detail::http_connections>(place_.server, options_)} {
#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
        require(!place_.server.starts_with("https:"), "this cpp-httplib has no OpenSSL, so it cannot ask ",
                place_.server);
#endif
    }

    /// The text that the server's model answers; "" where it refuses.
    std::string operator()(std::span<const message> messages, std::uint64_t vote = 0) const {
        const std::string body = body_of(messages, vote);
        return connections_->with_one([&](httplib::Client& client) {
            double pause = options_.first_wait_seconds;
            for (std::int64_t tries = 1;; ++tries, pause *= 2) {
                detail::http_try made = try_once(client, body);
                if (made.said) return std::move(*made.said);
                const double wait = made.wait.value_or(std::min(pause, options_.longest_wait_seconds));
                const bool patient = wait <= options_.longest_wait_seconds;
                if (!made.may_pass || tries > options_.retries || !patient)
                    fail("the judge at ", place_.server, place_.path, ' ', made.problem,
                         tries > 1 ? " (after " + std::to_string(tries) + " tries)" : "",
                         made.may_pass && !patient ? "; it asks to wait for " + std::to_string(std::llround(wait)) +
                                                         " s, more than longest_wait_seconds allows"
                                                   : "");
                if (options_.wait) options_.wait(wait);
                else std::this_thread::sleep_for(std::chrono::duration<double>{wait});
            }
        });
    }

    const http_judge_options& options() const { return options_; }  ///< as given

private:
    static std::string read_key(const http_judge_options& options) {
        if (options.api_key_variable.empty()) return "";
        const char* const found = std::getenv(options.api_key_variable.c_str());
        require(found != nullptr && *found != '\0', "the environment variable ", options.api_key_variable,
                ", which is to hold the judge's key, is not set");
        std::string key{found};
        require(std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; }),
                "the environment variable ", options.api_key_variable, " holds a blank or another character of no key");
        return key;
    }

    std::string body_of(std::span<const message> messages, std::uint64_t vote) const {
        json body = options_.more;
        body["model"] = options_.model;
        body["messages"] = detail::chat_messages(messages);
        if (options_.temperature) body["temperature"] = *options_.temperature;
        if (options_.max_tokens > 0) body["max_tokens"] = options_.max_tokens;
        if (options_.seed) body["seed"] = *options_.seed + static_cast<std::int64_t>(vote);
        return body.dump(-1, ' ', false, json::error_handler_t::replace);
    }

    detail::http_try try_once(httplib::Client& client, const std::string& body) const {
        httplib::Request request;
        request.method = "POST";
        request.path = place_.path;
        request.set_header("Content-Type", "application/json");
        request.set_header("Accept", "application/json");
        if (!key_.empty()) request.set_header("Authorization", "Bearer " + key_);
        request.body = body;
        std::string reply;
        bool too_long = false;
        request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
            too_long = reply.size() + size > static_cast<std::size_t>(options_.most_reply_bytes);
            if (!too_long) reply.append(data, size);
            return !too_long;
        };
        const auto begun = std::chrono::steady_clock::now();
        const httplib::Result result = client.send(request);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        if (too_long)
            return {.problem = "gave more than the " + std::to_string(options_.most_reply_bytes) +
                               " bytes of most_reply_bytes"};
        if (!result) return broken(result.error(), took.count());
        if (result->status == 200) {
            if (auto said = detail::chat_text(reply)) return {.said = std::move(said)};
            return {.problem = "gave no chat completion: " + shown(reply)};
        }
        const bool may_pass = result->status == 429 || (result->status >= 500 && result->status <= 599);
        return {.problem = "answered " + std::to_string(result->status) + ": " + shown(reply),
                .may_pass = may_pass,
                .wait = detail::retry_after_seconds(result->get_header_value("Retry-After"),
                                                    std::chrono::system_clock::now())};
    }

    std::string shown(std::string_view reply) const {
        const std::string text = detail::shown_reply(reply, key_);
        return text.empty() ? "nothing" : '"' + text + '"';
    }

    /// A connection that failed.
    detail::http_try broken(httplib::Error reason, double took) const {
        using httplib::Error;
        switch (reason) {
            case Error::Connection:
            case Error::ConnectionTimeout: return {.problem = "cannot be reached", .may_pass = true};
            case Error::Read:
            case Error::Write:
                if (took >= options_.answer_seconds)
                    return {.problem = "was silent for longer than the answer_seconds of " +
                                       number_text(options_.answer_seconds),
                            .may_pass = true};
                return {.problem = "broke the connection off", .may_pass = true};
            case Error::SSLServerVerification: return {.problem = "has a certificate that cannot be verified"};
            default: return {.problem = "failed: " + httplib::to_string(reason)};
        }
    }

    /// A number as a stream writes it.
    static std::string number_text(double value) {
        std::ostringstream text;
        text << value;
        return text.str();
    }

    http_judge_options options_;
    detail::endpoint_url place_;
    std::string key_;
    std::shared_ptr<detail::http_connections> connections_;
};

}  // namespace aha
