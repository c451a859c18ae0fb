#include <aha/data/vector_prompts.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <aha/concepts/prompt_source.hpp>

namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

static_assert(aha::require_prompt_source<aha::vector_prompts>());

const std::vector<std::string> texts{"a", "b", "c", "d", "e", "f"};

TEST(vector_prompts, gives_texts_in_order_and_then_nothing) {
    aha::vector_prompts source{texts, {.shuffle = false, .epochs = 1}};
    EXPECT_EQ(source.size(), 6U);
    for (int i = 0; i < 6; ++i) {
        const aha::prompt p = source.next().value();
        EXPECT_EQ(p.text, texts[static_cast<std::size_t>(i)]);
        EXPECT_EQ(p.index, i);
    }
    EXPECT_FALSE(source.next());
}

TEST(vector_prompts, keeps_prompts_whole_but_counts_them_anew) {
    aha::prompt p{.index = 77, .text = "x", .ids = {1, 2}, .fields = {{"answer", 3}}};
    aha::vector_prompts source{std::vector<aha::prompt>{p}};
    for (int epoch = 0; epoch < 3; ++epoch) {
        const aha::prompt got = source.next().value();
        EXPECT_EQ(got.index, epoch);
        EXPECT_EQ(got.ids, p.ids);
        EXPECT_EQ(got["answer"], 3);
    }
}

TEST(vector_prompts, goes_on_from_a_saved_place_among_the_same_prompts_only) {
    aha::vector_prompts source{texts, {.seed = 5}}, resumed{texts, {.seed = 5}};
    for (int i = 0; i < 8; ++i) source.next();
    resumed.load(source.save());
    for (int i = 0; i < 20; ++i) {
        const aha::prompt a = source.next().value(), b = resumed.next().value();
        EXPECT_EQ(a.index, b.index);
        EXPECT_EQ(a.text, b.text);
    }
    aha::vector_prompts changed{std::vector<std::string>{"a", "b", "c", "d", "e", "g"}, {.seed = 5}};
    EXPECT_THAT([&] { changed.load(source.save()); },
                ThrowsMessage<aha::error>(HasSubstr("another data set than the vector")));
    // Where one part ends and the next begins counts.
    aha::prompt two, one;
    two.ids = {1, 2};
    one.ids = {12};
    aha::vector_prompts of_two{std::vector<aha::prompt>{two}}, of_one{std::vector<aha::prompt>{one}};
    EXPECT_THROW(of_two.load(of_one.save()), aha::error);
    EXPECT_THAT([] { aha::vector_prompts{std::vector<std::string>{}}; },
                ThrowsMessage<aha::error>(HasSubstr("no prompts")));
}

}  // namespace
