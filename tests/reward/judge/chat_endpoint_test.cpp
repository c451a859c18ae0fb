#include <aha/reward/judge/chat_endpoint.hpp>

#include <chrono>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <vector>

#include <tests/support/complaint.hpp>

namespace {

using aha::detail::chat_text;
using aha::detail::read_endpoint;
using aha::detail::retry_after_seconds;
using aha::detail::shown_reply;
using aha::test::complaint;

TEST(chat_endpoint, has_a_server_and_a_path) {
    const auto plain = read_endpoint("http://localhost:8000/v1", "/chat/completions");
    EXPECT_EQ(plain.server, "http://localhost:8000");
    EXPECT_EQ(plain.path, "/v1/chat/completions");
    EXPECT_EQ(read_endpoint("https://host/a/b//", "/c").path, "/a/b/c");
    EXPECT_EQ(read_endpoint("https://[::1]:80", "/c").server, "https://[::1]:80");
    for (const char* base :
         {"", "localhost:8000", "ftp://host", "http://", "http:///v1", "http://host?x", "http://a b"})
        EXPECT_EQ(complaint([&] { read_endpoint(base, "/c"); }),
                  "base_url must be http:// or https:// with a host, such as http://localhost:8000/v1, not \"" +
                      std::string{base} + '"');
    EXPECT_EQ(complaint([] { read_endpoint("http://host", "c"); }),
              "path must begin with a slash and have no blanks, not \"c\"");
    const std::string refused = complaint([] { read_endpoint("http://me:secret@host", "/c"); });
    EXPECT_NE(refused.find("must not hold a user"), std::string::npos) << refused;
    EXPECT_EQ(refused.find("secret"), std::string::npos) << refused;
}

TEST(chat_endpoint, takes_the_text_of_the_first_choice) {
    EXPECT_EQ(chat_text(R"({"choices": [{"message": {"role": "assistant", "content": "a"}}, {"message": {}}]})"), "a");
    EXPECT_EQ(chat_text(R"({"choices": [{"message": {"content": null, "refusal": "no"}}]})"), "");
    EXPECT_EQ(chat_text(R"({"choices": [{"message": {}}]})"), "");
    for (const char* body : {"", "<html>", "[]", "{}", R"({"choices": []})", R"({"choices": {}})",
                             R"({"choices": [1]})", R"({"choices": [{}]})", R"({"choices": [{"message": "a"}]})",
                             R"({"choices": [{"message": {"content": 4}}]})"})
        EXPECT_EQ(chat_text(body), std::nullopt) << body;
}

TEST(chat_endpoint, writes_messages_as_they_are) {
    const std::vector<aha::message> messages{{"user", "a\xff"},
                                             {"tool", "", aha::json{{"role", "tool"}, {"tool_call_id", "7"}}}};
    EXPECT_EQ(aha::detail::chat_messages(messages).dump(),
              "[{\"role\":\"user\",\"content\":\"a\xEF\xBF\xBD\"},{\"role\":\"tool\",\"tool_call_id\":\"7\"}]");
}

TEST(chat_endpoint, shows_what_a_server_complains_of) {
    EXPECT_EQ(shown_reply(R"({"error": {"message": "no such\nmodel", "code": 4}})", ""), "no such model");
    EXPECT_EQ(shown_reply(R"({"error": "no"})", ""), "no");
    EXPECT_EQ(shown_reply(R"({"object": "error", "message": "no"})", ""), "no");
    EXPECT_EQ(shown_reply(" <html> ", ""), "<html>");
    EXPECT_EQ(shown_reply(R"({"error": {"message": "the key sk-1 is not sk-1"}})", "sk-1"), "the key *** is not ***");
    EXPECT_EQ(shown_reply(std::string(299, 'a') + "\u00e9" + std::string(10, 'a'), ""), std::string(299, 'a') + "...");
}

TEST(chat_endpoint, reads_how_long_to_wait) {
    const auto now = std::chrono::sys_days{std::chrono::year{2015} / 10 / 21} + std::chrono::hours{7};
    EXPECT_EQ(retry_after_seconds("7", now), 7);
    EXPECT_EQ(retry_after_seconds(" 0 ", now), 0);
    EXPECT_EQ(retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT", now), 28 * 60);
    EXPECT_EQ(retry_after_seconds("Tue, 20 Oct 2015 07:28:00 GMT", now), 0);
    for (const char* header :
         {"", "-1", "1.5", "soon", "Wed, 21 Okt 2015 07:28:00 GMT", "Wed, 31 Feb 2015 07:28:00 GMT",
          "Wed, 21 Oct 2015 24:28:00 GMT", "99999999999999999999"})
        EXPECT_EQ(retry_after_seconds(header, now), std::nullopt) << header;
}

}  // namespace
