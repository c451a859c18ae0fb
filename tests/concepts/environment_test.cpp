#include <aha/concepts/environment.hpp>

#include <ATen/ATen.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <gtest/gtest.h>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/advantage/turn_returns.hpp>
#include <aha/concepts/decoding_model.hpp>
#include <aha/reward/environment_reward.hpp>
#include <aha/rollout/environment/turn_sampler.hpp>
#include <aha/train/grpo.hpp>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class E>
constexpr std::array clauses{environment_starts<E>, episode_is_callable<E>, episode_answers<E>};

struct an_episode {
    environment_answer answer(const std::string&);
};

struct for_any_string {
    struct episode {
        environment_answer answer(std::string_view said);
    };
    episode start(const prompt&, random_stream) const;
};
struct giving_a_reference {
    an_episode& start(const prompt&, const random_stream&) const;
};

struct starting_without_random_numbers {
    an_episode start(const prompt&) const;
};
struct starting_without_a_prompt {
    an_episode start(const random_stream&) const;
};
struct starting_with_a_seed {
    an_episode start(const prompt&, std::uint64_t) const;
};
struct changing_itself_to_start {
    an_episode start(const prompt&, const random_stream&);
};
struct changing_the_prompt {
    an_episode start(prompt&, const random_stream&) const;
};
struct starting_nothing {
    void start(const prompt&, const random_stream&) const;
};

template <class Episode>
struct with {
    Episode start(const prompt&, const random_stream&) const;
};
struct silent {};
struct answering_nobody {
    environment_answer answer();
};
struct answering_tokens {
    environment_answer answer(std::span<const token_id>);
};
struct changing_what_was_said {
    environment_answer answer(std::string&);
};
struct answering_a_text {
    std::string answer(const std::string&);
};
struct answering_nothing {
    void answer(const std::string&);
};

TEST(environment_concept, the_least_type_satisfies_it) {
    static_assert(require_environment<test::least_environment>());
    static_assert(environment<test::least_environment> && environment<const test::least_environment>);
    static_assert(!std::is_move_constructible_v<episode_of<test::least_environment>>);
    static_assert(environment<for_any_string> && environment<giving_a_reference>);
    static_assert(std::is_same_v<episode_of<giving_a_reference>, an_episode>);

    const test::least_environment world{test::made};
    auto episode = world.start({}, random_stream{{}});
    EXPECT_FALSE(episode.answer("0").over);
    EXPECT_TRUE(episode.answer("1").over);
}

/// The least model whose completions can go on after an answer.
struct least_dialogue_model : test::least_model {
    using least_model::least_model;

    struct session : test::fixed {
        std::int64_t rows() const { return std::ssize(last); }
        at::Tensor hidden() const { return model->weights()[0].detach().index_select(0, at::tensor(last)); }
        void advance(std::span<const token_id> ids) { last.assign(ids.begin(), ids.end()); }
        void keep(std::span<const std::int64_t> rows) {
            std::vector<std::int64_t> kept;
            for (const std::int64_t row : rows) kept.push_back(last[static_cast<std::size_t>(row)]);
            last = kept;
        }
        void append(std::span<const std::int64_t> rows, std::span<const std::vector<token_id>> texts) {
            for (std::size_t n = 0; n < rows.size(); ++n) last[static_cast<std::size_t>(rows[n])] = texts[n].back();
        }

    private:
        friend least_dialogue_model;
        session(const least_dialogue_model& m, std::vector<std::int64_t> first)
            : fixed{test::made}, model{&m}, last{std::move(first)} {}
        const least_dialogue_model* model;
        std::vector<std::int64_t> last;
    };

    std::int64_t context() const { return 1 << 20; }
    session open_session(std::span<const std::vector<token_id>> prompts, std::int64_t copies) const {
        std::vector<std::int64_t> last;
        for (const std::vector<token_id>& ids : prompts)
            last.insert(last.end(), static_cast<std::size_t>(copies), ids.back());
        return session{*this, std::move(last)};
    }
};

TEST(environment_concept, the_least_type_is_enough_to_train) {
    static_assert(decoding_model<least_dialogue_model>);
    least_dialogue_model model{test::made};
    turn_sampler sampler{test::least_tokenizer{test::made}, test::least_environment{test::made},
                         sampling_options{.max_new_tokens = 8}};
    const at::Tensor values = model.weights().values();  // 0: a product of two that has no gradient
    values.copy_(at::linspace(-1, 1, values.numel()));
    const at::Tensor before = model.weights().values().clone();
    grpo trainer{model,
                 test::least_prompt_source{test::made},
                 environment_reward{},
                 {.prompts_per_step = 2, .group_size = 32, .learning_rate = 0.1},
                 std::move(sampler),
                 turn_returns{}};
    EXPECT_EQ(trainer.step().step, 1);
    const step_report second = trainer.step();
    EXPECT_GT(second.metric("completions/mean_length"), 0);
    EXPECT_FALSE(model.weights().values().equal(before));
    std::size_t most = 0;
    for (const rollout_group& group : *second.groups)
        for (const completion& c : group.completions) most = std::max(most, c.turns.size());
    EXPECT_EQ(most, 2U);
}

TEST(environment_concept, each_defect_breaks_its_clause_alone) {
    static_assert(!environment<starting_without_random_numbers>);
    static_assert(clauses<starting_without_random_numbers> == std::array{false, true, true});
    static_assert(!environment<starting_without_a_prompt>);
    static_assert(clauses<starting_without_a_prompt> == std::array{false, true, true});
    static_assert(!environment<starting_with_a_seed>);
    static_assert(clauses<starting_with_a_seed> == std::array{false, true, true});
    static_assert(!environment<changing_itself_to_start>);
    static_assert(clauses<changing_itself_to_start> == std::array{false, true, true});
    static_assert(!environment<changing_the_prompt>);
    static_assert(clauses<changing_the_prompt> == std::array{false, true, true});
    static_assert(!environment<starting_nothing>);
    static_assert(clauses<starting_nothing> == std::array{false, true, true});

    static_assert(clauses<with<an_episode>> == std::array{true, true, true});
    static_assert(!environment<with<silent>>);
    static_assert(clauses<with<silent>> == std::array{true, false, false});
    static_assert(!environment<with<answering_nobody>>);
    static_assert(clauses<with<answering_nobody>> == std::array{true, false, false});
    static_assert(!environment<with<answering_tokens>>);
    static_assert(clauses<with<answering_tokens>> == std::array{true, false, false});
    static_assert(!environment<with<changing_what_was_said>>);
    static_assert(clauses<with<changing_what_was_said>> == std::array{true, false, false});
    static_assert(!environment<with<answering_a_text>>);
    static_assert(clauses<with<answering_a_text>> == std::array{true, true, false});
    static_assert(!environment<with<answering_nothing>>);
    static_assert(clauses<with<answering_nothing>> == std::array{true, true, false});
}

}  // namespace
