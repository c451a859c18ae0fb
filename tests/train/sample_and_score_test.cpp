#include <aha/train/sample_and_score.hpp>

#include <ATen/ATen.h>
#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <string>
#include <vector>

#include <aha/dist/one_process.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/testing/bandit.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/ending_tokenizer.hpp>
#include <tests/support/made_prompts.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::ending_tokenizer;
using aha::test::made_prompts;

std::vector<aha::prompt> some_prompts() {
    auto all = made_prompts(9, [](aha::token_id i) { return std::vector<aha::token_id>{i, 3}; });
    for (std::size_t i = 0; i < all.size(); ++i) all[i].index = static_cast<std::int64_t>(20 - i);
    return all;
}

auto sampler() {
    return aha::autoregressive_sampler{ending_tokenizer{{31}}, aha::sampling_options{.max_new_tokens = 12}, 8};
}

const auto length = [](const aha::prompt& p, const aha::completion& c) {
    return static_cast<double>(c.ids.size()) + 100.0 * static_cast<double>(p.index);
};

TEST(sample_and_score, GivesTheSameOverlappedOrNot) {
    const auto model = aha::test::small_model();
    const std::vector<aha::prompt> prompts = some_prompts();
    const auto made = [&](bool overlapped) {
        return aha::sample_and_score(model, sampler(), length, {}, prompts, 4, {.seed = 3}, overlapped).groups;
    };
    const auto plain = made(false), overlapped = made(true);
    ASSERT_EQ(plain.size(), overlapped.size());
    for (std::size_t g = 0; g < plain.size(); ++g) {
        ASSERT_EQ(plain[g].scores.size(), 4U);
        for (std::size_t c = 0; c < 4; ++c) {
            EXPECT_EQ(plain[g].completions[c].ids, overlapped[g].completions[c].ids);
            EXPECT_EQ(plain[g].completions[c].text, overlapped[g].completions[c].text);
            EXPECT_EQ(plain[g].scores[c].value, overlapped[g].scores[c].value);
        }
    }
}

TEST(sample_and_score, ScoresGroupsWhileOthersAreDecoded) {
    const auto model = aha::test::small_model();
    std::atomic<int> scored{0}, scored_before_the_last{0};
    const auto judge = [&](const aha::prompt&, const aha::completion&) {
        ++scored;
        return 0.0;
    };
    /// Waits, before it tells of the last group, until the first has been scored.
    struct patient_sampler {
        std::atomic<int>*scored, *early;
        std::vector<aha::rollout_group> sample(const aha::decoder<>& m, std::span<const aha::prompt> prompts,
                                               std::int64_t size, const aha::random_key& key,
                                               const aha::group_notice& done = {}) const {
            std::size_t told = 0;
            return sampler().sample(m, prompts, size, key, [&](const aha::rollout_group& group) {
                if (++told == prompts.size()) {
                    while (*scored == 0) std::this_thread::yield();
                    *early = scored->load();
                }
                if (done) done(group);
            });
        }
    };
    const std::vector<aha::prompt> prompts = some_prompts();
    aha::sample_and_score(model, patient_sampler{&scored, &scored_before_the_last}, judge, {}, prompts, 4, {.seed = 3},
                          true);
    EXPECT_GT(scored_before_the_last, 0);
    EXPECT_EQ(scored, 36);
}

TEST(sample_and_score, NamesTheFirstPromptThatFailed) {
    const auto model = aha::test::small_model();
    const auto judge = [&](const aha::prompt& p, const aha::completion&) -> double {
        if (p.index % 4 == 2) throw aha::error{"no disk"};
        return 0;
    };
    const std::vector<aha::prompt> prompts = some_prompts();
    EXPECT_THAT(aha::test::complaint(
                    [&] { aha::sample_and_score(model, sampler(), judge, {}, prompts, 4, {.seed = 3}, true); }),
                testing::HasSubstr("prompt 14, sample 0: the reward threw: no disk"));
}

TEST(sample_and_score, AFailureOfTheSamplerLeavesNothingBehind) {
    struct failing_sampler {
        std::vector<aha::rollout_group> sample(const aha::decoder<>&, std::span<const aha::prompt>, std::int64_t,
                                               const aha::random_key&, const aha::group_notice& done = {}) const {
            aha::rollout_group group;
            group.completions.resize(3);
            if (done) done(group);
            throw aha::error{"out of memory"};
        }
    };
    const auto model = aha::test::small_model();
    const std::vector<aha::prompt> prompts = some_prompts();
    EXPECT_EQ(aha::test::complaint(
                  [&] { aha::sample_and_score(model, failing_sampler{}, length, {}, prompts, 4, {}, true); }),
              "out of memory");
}

/// The first of two ranks, whose other one made the same number of groups.
struct first_of_two {
    int rank() const { return 0; }
    int size() const { return 2; }
    std::vector<std::string> all_gather(const std::string& bytes) const { return {bytes, bytes}; }
};

TEST(distribute_and_score, gives_all_groups_and_shows_this_ranks_own_before_they_are_shared) {
    const auto model = aha::test::small_model();
    std::vector<aha::prompt> prompts = some_prompts();
    prompts.pop_back();
    std::vector<std::int64_t> shown;
    const auto show = [&](const std::vector<aha::rollout_group>& own) {
        for (const aha::rollout_group& group : own) shown.push_back(group.prompt.index);
    };
    const auto made =
        aha::distribute_and_score(first_of_two{}, model, sampler(), length, {}, prompts, 4, {.seed = 3}, show);
    EXPECT_THAT(shown, testing::ElementsAre(20, 18, 16, 14));
    EXPECT_GT(made.sampling, 0);
    const auto alone =
        aha::distribute_and_score(aha::one_process{}, model, sampler(), length, {}, prompts, 4, {.seed = 3});
    ASSERT_EQ(made.groups.size(), 8U);
    for (std::size_t g = 0; g < 8; g += 2)
        for (std::size_t c = 0; c < 4; ++c) {
            EXPECT_EQ(made.groups[g].completions[c].ids, alone.groups[g].completions[c].ids);
            EXPECT_EQ(made.groups[g].scores[c].value, alone.groups[g].scores[c].value);
        }
}

}  // namespace
