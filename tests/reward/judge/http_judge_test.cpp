#include <aha/reward/judge/http_judge.hpp>

#include <arpa/inet.h>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <latch>
#include <mutex>
#include <netinet/in.h>
#include <span>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <aha/concepts/judge.hpp>
#include <aha/core/json.hpp>
#include <aha/core/message.hpp>
#include <aha/reward/judge/cached_judge.hpp>
#include <aha/reward/judge/reference_judge.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::vector<aha::message> question{{"user", "Is it right?"}};

/// What a server answers that says `text`.
std::string completion_of(const std::string& text) {
    return aha::json{{"choices", {{{"index", 0}, {"message", {{"role", "assistant"}, {"content", text}}}}}}}.dump();
}

/// A server in this process that answers request after request with `answer`, which is given their numbers from 0.
class local_server {
public:
    using answers = std::function<void(int number, httplib::Response& reply)>;

    explicit local_server(answers answer) {
        server_.Post("/v1/chat/completions",
                     [this, answer = std::move(answer)](const httplib::Request& asked, httplib::Response& reply) {
                         int number = 0;
                         {
                             const std::lock_guard lock{guard_};
                             number = static_cast<int>(requests_.size());
                             requests_.push_back(asked);
                         }
                         answer(number, reply);
                     });
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::jthread{[this] { server_.listen_after_bind(); }};
        while (!server_.is_running()) std::this_thread::yield();
    }
    ~local_server() { server_.stop(); }
    local_server(const local_server&) = delete;
    local_server& operator=(const local_server&) = delete;

    /// Options that find it, and wait without waiting.
    aha::http_judge_options options() {
        return {.base_url = url(), .model = "m", .wait = [this](double seconds) { waits.push_back(seconds); }};
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }

    std::vector<httplib::Request> requests() {
        const std::lock_guard lock{guard_};
        return requests_;
    }

    std::vector<double> waits{};

private:
    httplib::Server server_;
    std::mutex guard_;
    std::vector<httplib::Request> requests_;
    int port_ = 0;
    std::jthread thread_;
};

void say(httplib::Response& reply, int status, const std::string& body) {
    reply.status = status;
    reply.set_content(body, "application/json");
}

TEST(http_judge, gives_what_the_server_says) {
    local_server server{[](int, httplib::Response& reply) { say(reply, 200, completion_of("It is.")); }};
    aha::http_judge_options options = server.options();
    options.seed = 5;
    options.more = {{"top_p", 0.5}, {"model", "other"}};
    const aha::http_judge judge{options};
    static_assert(aha::require_judge<aha::http_judge>() && aha::judge_has_votes<aha::http_judge>);
    EXPECT_EQ(judge(question), "It is.");
    EXPECT_EQ(judge(question, 2), "It is.");
    const auto heard = server.requests();
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(aha::json::parse(heard[0].body), aha::json::parse(R"({"top_p": 0.5, "model": "m",
                                   "messages": [{"role": "user", "content": "Is it right?"}], "temperature": 0.0,
                                   "max_tokens": 1024, "seed": 5})"));
    EXPECT_EQ(aha::json::parse(heard[1].body)["seed"], 7);
    EXPECT_EQ(heard[0].get_header_value("Content-Type"), "application/json");
    EXPECT_FALSE(heard[0].has_header("Authorization"));
    EXPECT_EQ(heard[0].remote_port, heard[1].remote_port) << "the connection was not kept";
}

TEST(http_judge, leaves_to_the_server_what_it_is_not_told) {
    local_server server{[](int, httplib::Response& reply) { say(reply, 200, completion_of("")); }};
    aha::http_judge_options options = server.options();
    options.temperature = std::nullopt;
    options.max_tokens = 0;
    aha::http_judge{options}(question);
    EXPECT_EQ(aha::json::parse(server.requests().at(0).body),
              aha::json::parse(R"({"model": "m", "messages": [{"role": "user", "content": "Is it right?"}]})"));
}

TEST(http_judge, tries_again_what_may_pass) {
    local_server server{[](int number, httplib::Response& reply) {
        if (number < 3) say(reply, number == 1 ? 503 : 500, "{}");
        else say(reply, 200, completion_of("at last"));
    }};
    EXPECT_EQ(aha::http_judge{server.options()}(question), "at last");
    EXPECT_THAT(server.waits, ElementsAre(0.5, 1, 2));
}

TEST(http_judge, waits_as_long_as_the_server_says) {
    local_server server{[](int number, httplib::Response& reply) {
        if (number == 0) reply.set_header("Retry-After", "7");
        say(reply, number == 0 ? 429 : 200, completion_of("now"));
    }};
    EXPECT_EQ(aha::http_judge{server.options()}(question), "now");
    EXPECT_THAT(server.waits, ElementsAre(7));
}

TEST(http_judge, gives_up_a_server_that_asks_for_too_long_a_wait) {
    local_server server{[](int, httplib::Response& reply) {
        reply.set_header("Retry-After", "3600");
        say(reply, 429, R"({"error": {"message": "quota"}})");
    }};
    EXPECT_EQ(complaint([&] { aha::http_judge{server.options()}(question); }),
              "the judge at " + server.url() +
                  "/chat/completions answered 429: \"quota\"; it asks to wait for 3600 s, more than "
                  "longest_wait_seconds allows");
    EXPECT_TRUE(server.waits.empty());
}

TEST(http_judge, gives_up_after_its_retries) {
    local_server server{[](int, httplib::Response& reply) { say(reply, 502, "<html>\nBad gateway"); }};
    aha::http_judge_options options = server.options();
    options.retries = 3;
    options.longest_wait_seconds = 0.75;
    EXPECT_EQ(
        complaint([&] { aha::http_judge{options}(question); }),
        "the judge at " + server.url() + "/chat/completions answered 502: \"<html> Bad gateway\" (after 4 tries)");
    EXPECT_THAT(server.waits, ElementsAre(0.5, 0.75, 0.75));
}

TEST(http_judge, does_not_repeat_what_will_not_pass) {
    for (const int status : {301, 400, 401, 404, 422}) {
        local_server server{[&](int, httplib::Response& reply) {
            if (status == 301) reply.set_header("Location", "http://127.0.0.1:1/");
            say(reply, status, "");
        }};
        EXPECT_EQ(
            complaint([&] { aha::http_judge{server.options()}(question); }),
            "the judge at " + server.url() + "/chat/completions answered " + std::to_string(status) + ": nothing");
        EXPECT_EQ(server.requests().size(), 1U);
    }
}

TEST(http_judge, refuses_replies_that_are_no_completions) {
    local_server server{[](int number, httplib::Response& reply) {
        say(reply, 200, number == 0 ? "<html>Log in</html>" : std::string(5000, ' '));
    }};
    aha::http_judge_options options = server.options();
    options.most_reply_bytes = 4000;
    const aha::http_judge judge{options};
    const std::string start = "the judge at " + server.url() + "/chat/completions ";
    EXPECT_EQ(complaint([&] { judge(question); }), start + "gave no chat completion: \"<html>Log in</html>\"");
    EXPECT_EQ(complaint([&] { judge(question); }), start + "gave more than the 4000 bytes of most_reply_bytes");
    EXPECT_TRUE(server.waits.empty());
}

TEST(http_judge, does_not_wait_for_ever) {
    std::latch over{1};
    local_server server{[&](int number, httplib::Response& reply) {
        if (number < 2) over.wait();
        say(reply, 200, completion_of("late"));
    }};
    aha::http_judge_options options = server.options();
    options.answer_seconds = 0.05;
    options.retries = 1;
    const std::string said = complaint([&] { aha::http_judge{options}(question); });
    over.count_down();
    EXPECT_EQ(said, "the judge at " + server.url() +
                        "/chat/completions was silent for longer than the answer_seconds of 0.05 (after 2 tries)");
    EXPECT_THAT(server.waits, ElementsAre(0.5));
}

TEST(http_judge, tries_again_where_a_connection_breaks_off) {
    local_server server{[](int number, httplib::Response& reply) {
        if (number == 0)
            reply.set_content_provider(100, "application/json",
                                       [](std::size_t, std::size_t, httplib::DataSink&) { return false; });
        else say(reply, 200, completion_of("whole"));
    }};
    EXPECT_EQ(aha::http_judge{server.options()}(question), "whole");
    EXPECT_EQ(server.requests().size(), 2U);
}

TEST(http_judge, says_what_cannot_be_reached) {
    // A port that is taken, where nobody listens.
    const int taken = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&place), size), 0);
    ASSERT_EQ(::getsockname(taken, reinterpret_cast<sockaddr*>(&place), &size), 0);
    const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(place.sin_port));
    std::vector<double> waits;
    const aha::http_judge judge{
        {.base_url = url, .path = "/v1/chat/completions", .model = "m", .retries = 2, .wait = [&](double seconds) {
             waits.push_back(seconds);
         }}};
    EXPECT_EQ(complaint([&] { judge(question); }),
              "the judge at " + url + "/v1/chat/completions cannot be reached (after 3 tries)");
    EXPECT_THAT(waits, ElementsAre(0.5, 1));
    ::close(taken);
}

TEST(http_judge, asks_no_more_at_a_time_than_it_may) {
    std::barrier two{2};  // each request waits for one more, so that fewer at a time would hang
    std::atomic<int> now = 0, most = 0;
    local_server server{[&](int, httplib::Response& reply) {
        const int together = ++now;
        for (int seen = most; seen < together && !most.compare_exchange_weak(seen, together);) {
        }
        two.arrive_and_wait();
        --now;
        two.arrive_and_wait();
        say(reply, 200, completion_of("yes"));
    }};
    aha::http_judge_options options = server.options();
    options.at_a_time = 2;
    const aha::http_judge judge{options};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 6; ++i) threads.emplace_back([copy = judge] { EXPECT_EQ(copy(question), "yes"); });
    }
    EXPECT_EQ(most, 2);
    EXPECT_EQ(server.requests().size(), 6U);
}

TEST(http_judge, sends_the_key_as_a_bearer_and_never_shows_it) {
    ::setenv("AHA_TEST_JUDGE_KEY", "sk-very-secret", 1);
    local_server server{[](int number, httplib::Response& reply) {
        say(reply, number == 0 ? 200 : 401,
            number == 0 ? completion_of("yes") : R"({"error": {"message": "Wrong key sk-very-secret."}})");
    }};
    aha::http_judge_options options = server.options();
    options.api_key_variable = "AHA_TEST_JUDGE_KEY";
    const aha::http_judge judge{options};
    judge(question);
    EXPECT_EQ(server.requests().at(0).get_header_value("Authorization"), "Bearer sk-very-secret");
    EXPECT_THAT(server.requests().at(0).body, Not(HasSubstr("secret")));
    EXPECT_EQ(complaint([&] { judge(question); }),
              "the judge at " + server.url() + "/chat/completions answered 401: \"Wrong key ***.\"");
    ::setenv("AHA_TEST_JUDGE_KEY", "sk-very secret", 1);
    EXPECT_EQ(complaint([&] { aha::http_judge{options}; }),
              "the environment variable AHA_TEST_JUDGE_KEY holds a blank or another character of no key");
    ::unsetenv("AHA_TEST_JUDGE_KEY");
    EXPECT_EQ(complaint([&] { aha::http_judge{options}; }),
              "the environment variable AHA_TEST_JUDGE_KEY, which is to hold the judge's key, is not set");
}

TEST(http_judge, refuses_options_that_make_no_sense) {
    const auto refusal = [](aha::http_judge_options options) {
        if (options.model.empty()) options.model = "m";
        return complaint([&] { aha::http_judge{options}; });
    };
    EXPECT_EQ(complaint([] { aha::http_judge{{}}; }), "an http_judge needs the name of a model");
    EXPECT_THAT(refusal({.base_url = "host"}), HasSubstr("not \"host\""));
    EXPECT_EQ(refusal({.temperature = -1}), "temperature must be 0 (greedy) or more, not -1");
    EXPECT_EQ(refusal({.max_tokens = -1}), "max_tokens must be 0 (the server's limit) or more, not -1");
    EXPECT_EQ(refusal({.more = 3}), "more must be an object, not 3");
    EXPECT_EQ(refusal({.connect_seconds = 0}), "connect_seconds must be positive and at most 1e+06, not 0");
    EXPECT_EQ(refusal({.answer_seconds = -2}), "answer_seconds must be positive and at most 1e+06, not -2");
    EXPECT_EQ(refusal({.retries = -1}), "retries must be from 0 to 1000, not -1");
    EXPECT_EQ(refusal({.at_a_time = 0}), "at_a_time must be positive, not 0");
    EXPECT_EQ(refusal({.most_reply_bytes = 0}), "most_reply_bytes must be positive, not 0");
}

TEST(http_judge, as_the_documentation_shows_it) {
    local_server server{[](int, httplib::Response& reply) {
        say(reply, 200, completion_of(R"({"analysis": "The same.", "correctness": "correct"})"));
    }};
    const std::string url = server.url();
    ::setenv("JUDGE_KEY", "sk-1", 1);
    //! [http]
    const aha::http_judge server_model{{.base_url = url, .model = "deepseek-v3", .api_key_variable = "JUDGE_KEY"}};
    const aha::reference_judge correct{aha::cached(server_model)};
    //! [http]
    ::unsetenv("JUDGE_KEY");
    aha::prompt asked;
    asked.fields["answer"] = "4";
    aha::completion given;
    given.text = "four";
    EXPECT_EQ(correct(asked, given).value, 1);
    EXPECT_EQ(correct(asked, given).value, 1);
    EXPECT_EQ(server.requests().size(), 1U);
}

}  // namespace
