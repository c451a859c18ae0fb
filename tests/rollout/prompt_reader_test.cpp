#include <aha/rollout/prompt_reader.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <vector>

#include <aha/text/byte_tokenizer.hpp>
#include <aha/text/chat_template.hpp>
#include <aha/data/row_prompt.hpp>

#include <tests/support/complaint.hpp>

namespace {

using aha::overlong;
using aha::test::complaint;
using testing::HasSubstr;

/// Reads ten tokens at most, a byte a token.
struct source {
    aha::byte_tokenizer tokenizer;
    struct body {
        std::int64_t context() const { return 10; }
    } model;
};

/// Texts one after the other; with a place each where they can be screened.
template <bool Screened>
struct texts {
    std::vector<std::string> all;
    std::size_t at = 0;

    std::optional<aha::prompt> next() {
        if (at == all.size()) return std::nullopt;
        aha::prompt p;
        p.index = static_cast<std::int64_t>(at);
        p.text = all[at++];
        return p;
    }
    aha::state save() const { return {}; }
    void load(const aha::state&) {}
    std::int64_t screen(const std::function<bool(const aha::prompt&, const std::string&)>& admits)
        requires Screened
    {
        std::vector<std::string> kept;
        for (std::size_t i = 0; i < all.size(); ++i) {
            aha::prompt p;
            p.index = static_cast<std::int64_t>(i);
            p.text = all[i];
            if (admits(p, "f:" + std::to_string(i + 1) + ": ")) kept.push_back(all[i]);
        }
        const auto gone = std::ssize(all) - std::ssize(kept);
        all = kept;
        return gone;
    }
};

template <bool Screened>
auto reader(std::vector<std::string> all, const aha::prompt_limits& limits, std::int64_t completion = 4) {
    static const source from{};
    return aha::prompt_reader<source, texts<Screened>>{from, {std::move(all)}, limits, completion};
}

std::vector<std::string> drawn(auto&& from) {
    std::vector<std::string> all;
    for (const aha::prompt& p : from.draw(10)) all.push_back(source{}.tokenizer.decode(p.ids));
    return all;
}

TEST(prompt_reader, finds_a_prompt_that_is_too_long_before_anything_is_drawn) {
    EXPECT_THAT(complaint([&] {
                    reader<true>({"abc", "0123456789"}, {});
                }),
                testing::AllOf(HasSubstr("f:2: the prompt has 10 tokens, more than the 9 that leave room")));
    EXPECT_EQ(drawn(reader<true>({"abc", "012345678"}, {})), (std::vector<std::string>{"abc", "012345678"}));
    EXPECT_THAT(complaint([&] { reader<true>({"abc", ""}, {}); }), HasSubstr("f:2: the prompt is empty"));
    auto dropping = reader<true>({"abc", "0123456789", "d"}, {.long_prompts = overlong::drop});
    EXPECT_EQ(dropping.dropped(), 1);
    EXPECT_EQ(drawn(dropping), (std::vector<std::string>{"abc", "d"}));
    EXPECT_EQ(dropping.dropped(), 1);
}

TEST(prompt_reader, a_source_that_cannot_be_screened_is_judged_as_it_is_drawn) {
    auto refusing = reader<false>({"abc", "0123456789"}, {});
    EXPECT_THAT(complaint([&] { drawn(refusing); }), HasSubstr("prompt 1 has 10 tokens"));
    auto dropping = reader<false>({"abc", "0123456789", "d"}, {.long_prompts = overlong::drop});
    EXPECT_EQ(drawn(dropping), (std::vector<std::string>{"abc", "d"}));
    EXPECT_EQ(dropping.dropped(), 1);
}

TEST(prompt_reader, a_cut_keeps_the_end_and_leaves_room_for_a_completion) {
    auto cutting = reader<true>({"abc", "0123456789"}, {.long_prompts = overlong::cut});
    EXPECT_EQ(drawn(cutting), (std::vector<std::string>{"abc", "456789"}));
    EXPECT_EQ(cutting.cut(), 1);
    EXPECT_EQ(drawn(reader<true>({"abc", "0123"}, {.long_prompts = overlong::cut, .max_tokens = 2})),
              (std::vector<std::string>{"bc", "23"}));
    EXPECT_EQ(drawn(reader<true>({"0123456789"}, {.long_prompts = overlong::cut}, 100)),
              (std::vector<std::string>{"9"}));
    EXPECT_THAT(complaint([&] { reader<true>({"abc"}, {.max_tokens = 2}); }),
                HasSubstr("more than the 2 that are allowed"));
    EXPECT_THAT(complaint([&] { reader<true>({"abc"}, {.max_tokens = -2}); }), HasSubstr("max_tokens must be 0"));
}

TEST(prompt_renderer, texts_are_read_as_they_are_and_messages_through_the_template) {
    const aha::chat_template chat{
        "{% for t in tools or [] %}[{{ t.name }}]{% endfor %}{% for m in messages %}{{ m.role }}:{{ m.content }}\n"
        "{% endfor %}{% if add_generation_prompt %}assistant{{ '!' if loud }}:{% endif %}"};
    const aha::prompt_renderer render{chat}, bare{std::nullopt};
    const auto row = [](const char* text) { return aha::data_row{3, "f:4", aha::json::parse(text)}; };
    const aha::prompt text = render(row(R"({"prompt": "Hi", "answer": 1})"));
    EXPECT_EQ(text.text, "Hi");
    EXPECT_FALSE(text.templated);
    EXPECT_EQ(text.index, 3);
    EXPECT_EQ(text["answer"], 1);
    const char* turns = R"({"prompt": [{"role": "user", "content": "Hi"}], "tools": [{"name": "f"}],
                            "chat_template_kwargs": {"loud": true}})";
    EXPECT_EQ(render(row(turns)).text, "[f]user:Hi\nassistant!:");
    EXPECT_TRUE(render(row(turns)).templated);
    EXPECT_THAT(complaint([&] { bare(row(turns)); }),
                testing::AllOf(HasSubstr("f:4: "), HasSubstr("no chat template")));
    EXPECT_THAT(complaint([&] { render(row(R"({"question": "Hi"})")); }),
                HasSubstr("f:4: taken for a prompt: no field"));
    const aha::prompt_renderer strict{aha::chat_template{"{{ raise_exception('no ' + messages[0].role) }}"}};
    EXPECT_THAT(complaint([&] { strict(row(turns)); }), testing::AllOf(HasSubstr("f:4: "), HasSubstr("no user")));
}

}  // namespace
