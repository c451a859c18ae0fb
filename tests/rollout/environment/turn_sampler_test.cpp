#include <aha/rollout/environment/turn_sampler.hpp>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <aha/core/policy_tokens.hpp>
#include <aha/reward/environment_reward.hpp>
#include <aha/rollout/checked_groups.hpp>
#include <aha/testing/symbol_tokenizer.hpp>
#include <aha/update/minibatch.hpp>
#include <aha/update/packed_log_probs.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::small_model;

/// 30 symbols, "!" among them, and the end token 30.
aha::testing::symbol_tokenizer symbols() {
    std::vector<std::string> all{"!"};
    for (int n = 0; n < 29; ++n)
        all.push_back(n < 26 ? std::string(1, static_cast<char>('a' + n)) : std::to_string(n - 26));
    return aha::testing::symbol_tokenizer{all};
}

/// Answers every turn with its number and a letter that it draws; the third is the last.
struct counting_world {
    struct episode {
        std::string letter;
        int turns = 0;
        aha::environment_answer answer(const std::string&) {
            ++turns;
            return {.text = std::to_string(turns % 3) + letter + "!", .over = turns == 3, .reward = 1.0 / turns};
        }
    };
    episode start(const aha::prompt&, const aha::random_stream& random) const {
        return {std::string(1, static_cast<char>('a' + random.below(0, 26)))};
    }
};

std::vector<aha::prompt> prompts(int count) {
    std::vector<aha::prompt> all(static_cast<std::size_t>(count));
    for (int n = 0; n < count; ++n) {
        all[static_cast<std::size_t>(n)].index = n;
        all[static_cast<std::size_t>(n)].ids = {1, 2, 3, 4, 5, 6, 7, 8, 9, static_cast<aha::token_id>(n)};
    }
    return all;
}

const aha::sampling_options turns_of_six{.max_new_tokens = 6, .stop = {"!", "b", "d", "f", "h", "j", "l", "n", "p"}};

template <class World>
auto sampler(World world, aha::turn_options turns = {}, std::int64_t max_rows = 256) {
    return aha::turn_sampler{symbols(), std::move(world), turns_of_six, turns, aha::plain_turns{}, max_rows};
}

std::vector<std::vector<aha::token_id>> ids_of(const std::vector<aha::rollout_group>& groups) {
    std::vector<std::vector<aha::token_id>> all;
    for (const aha::rollout_group& group : groups)
        for (const aha::completion& c : group.completions) all.push_back(c.ids);
    return all;
}

TEST(turn_sampler, writes_down_who_said_what) {
    const aha::decoder<> model = small_model(64, 0.3);
    const std::vector<aha::prompt> asked = prompts(5);
    const auto groups =
        aha::detail::checked_groups(sampler(counting_world{}).sample(model, asked, 4, {3, 1}), asked, 4);
    int several = 0;
    for (const aha::rollout_group& group : groups)
        for (const aha::completion& c : group.completions) {
            ASSERT_FALSE(c.turns.empty());
            several += c.turns.size() > 1 ? 1 : 0;
            std::string said;
            for (std::size_t n = 0; n < c.turns.size(); ++n) {
                const aha::turn& one = c.turns[n];
                said += (n > 0 ? "\n" : "") + one.said;
                if (n + 1 == c.turns.size()) break;
                EXPECT_EQ(one.reward, 1.0 / static_cast<double>(n + 1));
                const std::vector<aha::token_id> between{c.ids.begin() + one.end, c.ids.begin() + c.turns[n + 1].begin};
                EXPECT_EQ(between, symbols().encode(one.heard));
                for (std::int64_t t = one.end; t < c.turns[n + 1].begin; ++t)
                    EXPECT_EQ(c.log_probs[static_cast<std::size_t>(t)], 0.0F);
            }
            EXPECT_EQ(c.text, said);
            EXPECT_LE(c.turns.size(), 3U);
        }
    EXPECT_GT(several, 4);
}

TEST(turn_sampler, tells_the_log_probs_that_the_trainer_computes) {
    const aha::decoder<> model = small_model(64, 0.3);
    const auto groups = sampler(counting_world{}).sample(model, prompts(3), 4, {3, 1});
    const at::NoGradGuard no_gradients;
    std::vector<aha::training_item> items;
    std::vector<float> told;
    for (const aha::rollout_group& group : groups)
        for (std::size_t s = 0; s < group.completions.size(); ++s) {
            items.push_back({&group, s});
            aha::for_each_policy_token(group.completions[s],
                                       [&](std::size_t t) { told.push_back(group.completions[s].log_probs[t]); });
        }
    const at::Tensor computed = aha::packed_log_probs(model, aha::pack_items(items, {})).log_probs;
    ASSERT_EQ(computed.numel(), std::ssize(told));
    EXPECT_LT((computed - at::tensor(told)).abs().max().item<float>(), 2e-5F);
}

TEST(turn_sampler, says_the_same_whatever_runs_beside_it) {
    const aha::decoder<> model = small_model(64, 0.3);
    const auto all = ids_of(sampler(counting_world{}).sample(model, prompts(6), 2, {3, 1}));
    EXPECT_EQ(ids_of(sampler(counting_world{}, {.threads = 1}, 4).sample(model, prompts(6), 2, {3, 1})), all);
    EXPECT_NE(ids_of(sampler(counting_world{}).sample(model, prompts(6), 2, {4, 1})), all);
}

TEST(turn_sampler, cuts_what_speaks_too_often_or_too_long) {
    const aha::decoder<> model = small_model(64, 0.3);
    for (const aha::turn_options cut : {aha::turn_options{.max_turns = 1}, aha::turn_options{.max_tokens = 7}}) {
        const auto groups = sampler(counting_world{}, cut).sample(model, prompts(4), 4, {3, 1});
        for (const aha::rollout_group& group : groups)
            for (const aha::completion& c : group.completions) {
                EXPECT_LE(c.ids.size(), 7U);
                EXPECT_EQ(c.turns.back().end, std::ssize(c.ids));
                if (cut.max_turns == 1) EXPECT_EQ(c.turns.size(), 1U);
                EXPECT_EQ(c.finish, aha::finish_reason::length);
            }
    }
}

/// Answers as it is told to.
struct moody_world {
    std::function<void(const aha::prompt&)> mood;
    struct episode {
        const moody_world* world;
        aha::prompt asked;
        aha::environment_answer answer(const std::string&) {
            world->mood(asked);
            return {.over = true, .reward = 2};
        }
    };
    episode start(const aha::prompt& p, const aha::random_stream&) const { return {this, p}; }
};

TEST(turn_sampler, names_the_prompt_whose_environment_fails) {
    const aha::decoder<> model = small_model(64, 0.3);
    const auto throws = [](const aha::prompt& p) {
        if (p.index == 1) throw std::runtime_error{"the board is broken"};
    };
    const auto said = aha::test::complaint([&] { sampler(moody_world{throws}).sample(model, prompts(2), 2, {3, 1}); });
    EXPECT_THAT(said, testing::MatchesRegex("prompt 1, sample [01]: the environment threw: the board is broken"));
    const auto groups = sampler(moody_world{throws}, {.stop_at_failure = false}).sample(model, prompts(2), 8, {3, 1});
    int failed = 0;
    for (const aha::completion& c : groups[1].completions) {
        failed += c.finish == aha::finish_reason::failed ? 1 : 0;
        EXPECT_EQ(aha::environment_reward{}(groups[1].prompt, c).applicable, c.finish != aha::finish_reason::failed);
    }
    EXPECT_GT(failed, 0);
    for (const aha::completion& c : groups[0].completions)
        if (c.finish == aha::finish_reason::stop_string)
            EXPECT_EQ(aha::environment_reward{}(groups[0].prompt, c).value, 2);
}

TEST(turn_sampler, leaves_an_answer_behind_that_does_not_come) {
    const aha::decoder<> model = small_model(64, 0.3);
    const auto until = std::make_shared<std::atomic<bool>>(false), entered = std::make_shared<std::atomic<bool>>(false);
    const auto hangs = [until, entered](const aha::prompt& p) {
        if (p.index == 1) {
            *entered = true;
            until->wait(false);
        }
    };
    // The world outlives the calls that are left behind: the sampler's copy is shared with none of them here.
    const auto one = sampler(moody_world{hangs}, {.threads = 2, .deadline_seconds = 0.1, .stop_at_failure = false});
    const auto groups = one.sample(model, prompts(2), 4, {3, 1});
    EXPECT_TRUE(*entered);
    for (const aha::completion& c : groups[1].completions) EXPECT_NE(c.finish, aha::finish_reason::stop_string);
    *until = true;
    until->notify_all();
}

TEST(turn_sampler, decodes_others_while_an_environment_thinks) {
    const aha::decoder<> model = small_model(64, 0.3);
    std::atomic<int> at_once = 0, most = 0;
    const auto slow = [&](const aha::prompt&) {
        const int now = ++at_once;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        const auto since = std::chrono::steady_clock::now();
        while (most < 3 && std::chrono::steady_clock::now() - since < std::chrono::seconds{5})
            std::this_thread::yield();
        --at_once;
    };
    sampler(moody_world{slow}, {.threads = 4}).sample(model, prompts(6), 4, {3, 1});
    EXPECT_GE(most, 3);
}

}  // namespace
