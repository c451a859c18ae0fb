#include <aha/rollout/completion_end.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <span>
#include <string>
#include <vector>

#include <tests/support/complaint.hpp>

namespace {

using aha::detail::completion_end;
using testing::ElementsAre;

/// Token 0 ends a text, token 1 is "<s>", a special token, and token 2 "ab"; any other is the character of its number.
struct characters {
    std::vector<aha::token_id> end_ids() const { return {0}; }

    std::vector<aha::token_id> encode(const std::string& text) const {
        std::vector<aha::token_id> ids;
        for (std::size_t i = 0; i < text.size(); ++i)
            if (text.substr(i, 3) == "<s>") ids.push_back(1), i += 2;
            else ids.push_back(text[i]);
        return ids;
    }

    std::string decode(std::span<const aha::token_id> ids, bool skip_special = true) const {
        std::string text;
        for (const aha::token_id id : ids)
            if (id == 1) text += skip_special ? "" : "<s>";
            else if (id == 2) text += "ab";
            else if (id > 2) text += static_cast<char>(id);
        return text;
    }
};

struct ending {
    bool reached;
    aha::finish_reason finish;
    std::string text;
    bool operator==(const ending&) const = default;
};

ending end_of(const std::vector<aha::token_id>& ids, const aha::sampling_options& options, std::int64_t room = 100) {
    const completion_end end{characters{}, options};
    aha::completion c;
    c.ids = ids;
    const bool reached = end.reached(c, room, characters{}, options);
    return {reached, c.finish, end.text_of(c, characters{}, options)};
}

void PrintTo(const ending& e, std::ostream* out) { *out << e.reached << ' ' << to_string(e.finish) << ' ' << e.text; }

TEST(completion_end, is_an_end_token_or_no_room) {
    EXPECT_EQ(end_of({'x', 0}, {}), (ending{true, aha::finish_reason::end_token, "x"}));
    EXPECT_EQ(end_of({'x', 0}, {}, 2), (ending{true, aha::finish_reason::end_token, "x"}));
    EXPECT_EQ(end_of({'x', 'y'}, {}, 2), (ending{true, aha::finish_reason::length, "xy"}));
    EXPECT_FALSE(end_of({'x', 'y'}, {}, 3).reached);
    EXPECT_FALSE(end_of({0, 'y'}, {}).reached);  // the last token counts
}

TEST(completion_end, is_a_stop_string_with_its_last_token) {
    EXPECT_FALSE(end_of({'x', 'a'}, {.stop = {"ab"}}).reached);
    EXPECT_EQ(end_of({'x', 'a', 'b'}, {.stop = {"ab"}}), (ending{true, aha::finish_reason::stop_string, "x"}));
    EXPECT_EQ(end_of({'x', 2}, {.stop = {"b"}}), (ending{true, aha::finish_reason::stop_string, "xa"}));
    EXPECT_EQ(end_of({'x', 2}, {.stop = {"a"}}), (ending{true, aha::finish_reason::stop_string, "x"}));
    EXPECT_EQ(end_of({'x', 2}, {.stop = {"a"}, .include_stop_string = true}).text, "xa");
    EXPECT_EQ(end_of({'a', 1, 1, 1, 1, 1, 1, 1, 'b'}, {.stop = {"ab"}}).finish, aha::finish_reason::stop_string)
        << "tokens without text do not hide it";
}

TEST(completion_end, cuts_at_the_first_of_several_stop_strings) {
    EXPECT_EQ(end_of({'x', 2}, {.stop = {"b", "a"}}).text, "x");
}

TEST(completion_end, is_a_stop_string_that_is_a_special_token) {
    const aha::sampling_options options{.stop = {"<s>", "z"}};
    EXPECT_THAT((completion_end{characters{}, options}.ids()), ElementsAre(0, 1));
    EXPECT_EQ(end_of({'x', 1}, options), (ending{true, aha::finish_reason::stop_string, "x"}));
    EXPECT_EQ(end_of({'x', 'z'}, options), (ending{true, aha::finish_reason::stop_string, "x"}));
}

TEST(completion_end, refuses_a_stop_string_that_no_text_could_hold) {
    const auto said = [](const std::string& stop) {
        return aha::test::complaint([&] { completion_end{characters{}, {.stop = {stop}}}; });
    };
    EXPECT_THAT(said("a<s>"), testing::HasSubstr("the stop string \"a<s>\" holds a special token"));
    EXPECT_EQ(said("<s>"), "no complaint");
    EXPECT_EQ(said("a"), "no complaint");
}

}  // namespace
