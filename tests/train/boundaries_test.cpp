// What a user's own types give a trainer is checked where it enters, before memory is touched: one sentence names the
// type, the place and the bad value. And passes that no loss reads are not made.
#include <ATen/ATen.h>
#include <algorithm>
#include <cmath>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aha/advantage/kl_in_reward.hpp>
#include <aha/advantage/leave_one_out.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/loss/reinforce_loss.hpp>
#include <aha/testing/symbol_tokenizer.hpp>
#include <aha/train/grpo.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <aha/train/sft.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_examples.hpp>
#include <tests/support/made_prompts.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::complaint;
using aha::test::made_prompts;
using aha::test::small_model;
using testing::HasSubstr;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

aha::testing::symbol_tokenizer letters() {
    std::vector<std::string> symbols;
    for (int i = 0; i < 30; ++i) symbols.emplace_back(1, static_cast<char>(i < 26 ? 'a' + i : '0' + i - 26));
    return aha::testing::symbol_tokenizer{symbols};  // 31 tokens, 30 ends
}

std::vector<aha::prompt> questions(std::size_t n) {
    return made_prompts(n, [](aha::token_id i) { return std::vector<aha::token_id>{i % 26, 3, 4}; });
}

const auto first_id = [](const aha::prompt&, const aha::completion& c) { return static_cast<double>(c.ids[0] % 3); };
const aha::grpo_options two_by_four{.prompts_per_step = 2, .group_size = 4};

using plain_sampler = aha::autoregressive_sampler<aha::testing::symbol_tokenizer>;
plain_sampler sampling(const aha::sampling_options& options = {.max_new_tokens = 6}) {
    return plain_sampler{letters(), options};
}

/// A sampler of a user's, in which something is wrong.
struct spoilt_sampler {
    std::function<void(std::vector<aha::rollout_group>&)> spoil;
    aha::sampling_options how{.max_new_tokens = 6};
    template <class Model>
    std::vector<aha::rollout_group> sample(const Model& model, std::span<const aha::prompt> prompts,
                                           std::int64_t group_size, const aha::random_key& key) const {
        auto groups = sampling(how).sample(model, prompts, group_size, key);
        spoil(groups);
        return groups;
    }
};

/// What a step says with these policies.
template <class... Policies>
std::string said(Policies... policies) {
    return complaint([&] {
        auto model = small_model(16, 1);
        aha::grpo trainer{model, aha::vector_prompts{questions(4), {.shuffle = false}}, first_id, two_by_four,
                          policies...};
        trainer.step();
    });
}

std::string said_of_sampler(std::function<void(aha::rollout_group&)> spoil) {
    return said(spoilt_sampler{[=](std::vector<aha::rollout_group>& groups) { spoil(groups[1]); }});
}

TEST(boundaries, an_id_that_is_none_of_the_vocabulary_is_refused_before_it_is_written_with) {
    // As the last token it is only a target, and its gradient would be written beside the row of logits.
    EXPECT_EQ(said_of_sampler([](aha::rollout_group& g) { g.completions[2].ids.back() = 31; }),
              "the sampler gave token 31 at place 5 of completion 2 of prompt 1; the model's vocabulary has 31 tokens, "
              "from 0");
    EXPECT_THAT(said_of_sampler([](aha::rollout_group& g) { g.completions[0].ids.front() = -1; }),
                HasSubstr("the sampler gave token -1 at place 0 of completion 0 of prompt 1"));
}

TEST(boundaries, a_completion_beyond_the_context_is_refused) {
    EXPECT_EQ(said_of_sampler([](aha::rollout_group& g) {
                  aha::completion& c = g.completions[3];
                  c.ids.assign(14, 2);
                  c.log_probs.assign(14, -1);
                  c.behavior_log_probs = c.log_probs;
              }),
              "the sampler gave completion 3 of prompt 1 14 tokens after the prompt's 3, more than the model's context "
              "of 16");
}

TEST(boundaries, log_probs_are_finite_and_no_probabilities) {
    EXPECT_THAT(said_of_sampler([](aha::rollout_group& g) { g.completions[1].behavior_log_probs[0] = -INFINITY; }),
                HasSubstr("the sampler gave -inf as behavior_log_probs[0] of completion 1 of prompt 1, which is no "
                          "log-prob"));
    EXPECT_THAT(said_of_sampler([](aha::rollout_group& g) { g.completions[1].log_probs[2] = nan; }),
                HasSubstr("nan as log_probs[2]"));
    EXPECT_THAT(said_of_sampler([](aha::rollout_group& g) { g.completions[1].log_probs[2] = 0.7F; }),
                HasSubstr("0.7 as log_probs[2]"));
}

TEST(boundaries, a_sampler_gives_the_prompt_back_as_it_was) {
    EXPECT_EQ(said_of_sampler([](aha::rollout_group& g) { g.prompt.ids.clear(); }),
              "the sampler gave prompt 1 back with other tokens than it was given");
}

TEST(boundaries, an_advantage_gives_a_finite_number_for_each_score) {
    EXPECT_EQ(said(sampling(), [](std::span<const aha::score>) { return std::vector<double>(3, 1.0); }),
              "the advantage gave 3 numbers for the 4 scores of prompt 0");
    EXPECT_EQ(said(sampling(), [](std::span<const aha::score> s) { return std::vector<double>(s.size(), 1e300); }),
              "the advantage gave 1e+300 for completion 0 of prompt 0; it must be a finite number");
    const auto batch = [](auto change) {
        return said(sampling(), [change](std::span<const aha::rollout_group> groups) {
            aha::token_values all;
            for (const aha::rollout_group& g : groups) {
                all.emplace_back();
                for (const aha::completion& c : g.completions) all.back().emplace_back(c.ids.size(), 1.0F);
            }
            change(all);
            return all;
        });
    };
    EXPECT_EQ(batch([](aha::token_values&) {}), "no complaint");
    EXPECT_EQ(batch([](aha::token_values& all) { all.pop_back(); }),
              "the batch advantage gave numbers for 1 of 2 groups");
    EXPECT_EQ(batch([](aha::token_values& all) { all[1].pop_back(); }),
              "the batch advantage gave 3 rows for the 4 completions of prompt 1");
    EXPECT_EQ(batch([](aha::token_values& all) { all[1][2].pop_back(); }),
              "the batch advantage gave 5 numbers for the 6 tokens of completion 2 of prompt 1");
    EXPECT_EQ(batch([](aha::token_values& all) { all[0][1][3] = nan; }),
              "the advantage gave nan for completion 1 of prompt 0; it must be a finite number");
}

TEST(boundaries, an_aggregation_gives_a_finite_weight_for_each_completion) {
    EXPECT_EQ(said(sampling(), [](std::span<const std::int64_t>) { return std::vector<double>(3, 1.0); }),
              "the aggregation gave 3 weights for 8 completions");
    EXPECT_EQ(
        said(sampling(), [](std::span<const std::int64_t> n) { return std::vector<double>(n.size(), 1.0 / 0.0); }),
        "the aggregation gave inf as the weight of a token of a completion of 6 tokens; it must be a finite "
        "number");
}

/// A newcomer's source: it forgets the index.
struct forgets_the_index {
    std::optional<aha::prompt> next() {
        aha::prompt p;
        p.ids = {1, 3, 4};
        return p;
    }
    aha::state save() const { return {}; }
    void load(const aha::state&) {}
};

TEST(boundaries, prompts_of_one_index_in_a_step_have_draws_and_scores_of_their_own) {
    auto model = small_model(64, 1);
    std::map<std::vector<aha::token_id>, int> different;
    aha::grpo trainer{model, forgets_the_index{}, first_id, aha::grpo_options{.prompts_per_step = 8, .group_size = 4},
                      sampling({.max_new_tokens = 12})};
    const auto report = trainer.step();
    for (const aha::rollout_group& g : *report.groups) {
        EXPECT_EQ(g.prompt.index, 0);
        for (const aha::completion& c : g.completions) ++different[c.ids];
    }
    EXPECT_GT(different.size(), 28U);
    // The same where groups are scored while others are decoded: each has its own scores.
    std::vector<aha::prompt> prompts(5);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        prompts[i].ids = {1, 3, 4};
        prompts[i].repeat = i;
    }
    const auto groups =
        aha::sample_and_score(model, sampling({.max_new_tokens = 12}), first_id, {}, prompts, 4, {.seed = 3}, true)
            .groups;
    for (const aha::rollout_group& g : groups) {
        ASSERT_EQ(g.scores.size(), 4U);
        for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(g.scores[i].value, first_id(g.prompt, g.completions[i]));
    }
}

TEST(boundaries, tokens_of_prompts_are_of_the_vocabulary) {
    auto model = small_model();
    auto prompts = questions(2);
    prompts[1].ids[1] = 40;
    EXPECT_EQ(complaint([&] {
                  aha::grpo trainer{model, aha::vector_prompts{prompts, {.shuffle = false}}, first_id, two_by_four,
                                    sampling()};
                  trainer.step();
              }),
              "the prompt source gave token 40 at place 1 of prompt 1; the model's vocabulary has 31 tokens, from 0");
    struct wide_tokenizer : aha::testing::symbol_tokenizer {
        std::vector<aha::token_id> encode(std::string_view) const { return {2, 3, 31}; }
    };
    struct {
        aha::decoder<> model;
        wide_tokenizer tokenizer;
    } source{small_model(), {letters()}};
    EXPECT_EQ(complaint([&] {
                  aha::grpo trainer{source,
                                    aha::vector_prompts{std::vector<std::string>{"ab", "cd"}, {.shuffle = false}},
                                    first_id, two_by_four, sampling()};
                  trainer.step();
              }).substr(0, 60),
              "the tokenizer gave token 31 at place 2 of prompt 0; the mode");
}

TEST(boundaries, examples_have_tokens_of_the_vocabulary_and_a_mask_as_long) {
    const auto said_of = [](auto change) {
        return complaint([&] {
            auto model = small_model();
            auto examples = aha::test::made_examples(8);
            change(examples[5]);
            aha::sft trainer{model, examples, aha::sft_options{.batch_size = 4}};
        });
    };
    EXPECT_EQ(said_of([](aha::supervised_example& e) { e.ids.back() = 31; }).substr(0, 28),
              "example 5 has token 31 at pl");
    EXPECT_THAT(said_of([](aha::supervised_example& e) { e.loss_mask.pop_back(); }),
                HasSubstr("marks of what is learned"));
    EXPECT_EQ(said_of([](aha::supervised_example&) {}), "no complaint");
}

TEST(boundaries, marks_of_a_loss_mask_that_are_not_0_count_as_1) {
    auto marked = aha::test::made_examples(8);
    for (aha::supervised_example& e : marked)
        for (auto& mark : e.loss_mask) mark = mark != 0 ? 255 : 0;
    auto a = small_model(), b = small_model();
    aha::sft ones{a, aha::test::made_examples(8), aha::sft_options{.batch_size = 8}};
    aha::sft others{b, marked, aha::sft_options{.batch_size = 8}};
    EXPECT_NEAR(ones.step().metric("loss"), others.step().metric("loss"), 1e-6);
    EXPECT_TRUE(at::equal(a.weights().values(), b.weights().values()));
}

TEST(boundaries, what_reads_and_writes_memory_refuses_what_is_outside) {
    const auto model = small_model(16);
    const at::Tensor hidden = at::zeros({2, 16});
    EXPECT_EQ(complaint([&] {
                  aha::compute_log_probs(hidden, model.head(), at::tensor({4L, 31L}, at::kLong));
              }),
              "token 31 is none of the vocabulary's 31, from 0");
    const std::vector<aha::token_id> ids(17, 3);
    const aha::token_group text{ids, {}};
    EXPECT_EQ(complaint([&] {
                  (void)model.hidden(aha::pack_groups(std::span{&text, 1}).batch);
              }),
              "a token is at position 16 of its text, but the model's context has 16 positions, from 0");
}

/// A wrapper that does not say at which temperature it samples, and one that does.
struct silent_sampler {
    plain_sampler inner;
    template <class Model>
    auto sample(const Model& model, std::span<const aha::prompt> prompts, std::int64_t size,
                const aha::random_key& key) const {
        return inner.sample(model, prompts, size, key);
    }
};
struct telling_sampler : silent_sampler {
    double temperature() const { return inner.options().temperature; }
};

TEST(boundaries, the_temperature_of_a_wrapping_sampler_is_known_or_asked_for) {
    const auto cool = sampling({.temperature = 0.7, .max_new_tokens = 6});
    EXPECT_THAT(said(silent_sampler{cool}),
                HasSubstr("it does not sample at temperature 1, but it does not say at which; write in the sampler: "
                          "double temperature() const;"));
    EXPECT_EQ(said(silent_sampler{sampling()}), "no complaint");  // at 1 there is nothing to say
    auto model = small_model(64, 1);
    aha::grpo trainer{model, aha::vector_prompts{questions(4)}, first_id, two_by_four, telling_sampler{{cool}}};
    EXPECT_LT(trainer.step().metric("sampler_gap/max"), 1e-5);
}

/// Remembers how often it was asked.
struct counting_sampler {
    plain_sampler inner;
    std::int64_t calls = 0;
    template <class Model>
    auto sample(const Model& model, std::span<const aha::prompt> prompts, std::int64_t size,
                const aha::random_key& key) {
        ++calls;
        return inner.sample(model, prompts, size, key);
    }
    aha::state save() const {
        aha::state s;
        s.values["calls"] = calls;
        return s;
    }
    void load(const aha::state& s) { calls = s.values.at("calls").get<std::int64_t>(); }
};

TEST(boundaries, what_a_sampler_remembers_is_kept_with_a_checkpoint) {
    auto a = small_model(), b = small_model();
    aha::grpo first{a, aha::vector_prompts{questions(4)}, first_id, two_by_four, counting_sampler{sampling()}};
    first.step(), first.step();
    aha::grpo second{b, aha::vector_prompts{questions(4)}, first_id, two_by_four, counting_sampler{sampling()}};
    second.load(first.save());
    EXPECT_EQ(second.sampler().calls, 2);
    aha::grpo without{a, aha::vector_prompts{questions(4)}, first_id, two_by_four, sampling()};
    EXPECT_EQ(complaint([&] { second.load(without.save()); }),
              "the checkpoint holds nothing of a sampler's, but this run's sampler remembers something");
}

TEST(boundaries, a_schedule_of_rates_is_told_from_one_of_factors) {
    const auto said_of = [](auto schedule, double rate = 2e-5) {
        return complaint([&] {
            auto model = small_model();
            aha::sft trainer{model, aha::test::made_examples(8),
                             aha::sft_options{.batch_size = 4, .learning_rate = rate}, schedule};
        });
    };
    const auto cosine = [](std::int64_t step) {
        return 2e-5 * std::cos(std::min(1.5, 0.01 * static_cast<double>(step)));
    };
    EXPECT_EQ(said_of(cosine),
              "the schedule gives at most 2e-05 in its first 1000 steps, which looks like a learning rate: a schedule "
              "gives the share of it that a step gets, 1 for all, and is multiplied by learning_rate, which is 2e-05; "
              "divide what it gives by its peak, and make that the learning_rate");
    EXPECT_THAT(said(sampling(), cosine), HasSubstr("which looks like a learning rate"));
    EXPECT_EQ(said_of(cosine, 1), "no complaint");  // the rate is all the schedule's
    EXPECT_EQ(said_of([](std::int64_t) { return 0.0; }), "no complaint");
    EXPECT_EQ(said_of(aha::warmup_schedule{{.warmup_steps = 5000}}), "no complaint");
    EXPECT_EQ(said_of([](std::int64_t step) {
                  return std::vector<double>{1, 0.5}.at(static_cast<std::size_t>(step));
              }),
              "no complaint");  // asked no further than needed
    EXPECT_EQ(said_of([](std::int64_t) { return -1.0; }),
              "the schedule gave -1 for step 0; it gives the share of the learning rate, 0 or more");
}

/// What passes a model and its copy, a reference, have seen.
struct seen_passes {
    std::vector<std::int64_t> own, reference;  // tokens of each pass
};
template <class Tensor>
struct watched_model : aha::decoder<Tensor> {
    std::shared_ptr<seen_passes> seen;
    bool is_reference = false;
    watched_model(aha::decoder<Tensor> model, std::shared_ptr<seen_passes> to, bool copy = false)
        : aha::decoder<Tensor>{std::move(model)}, seen{std::move(to)}, is_reference{copy} {}
    watched_model clone() const { return {aha::decoder<Tensor>::clone(), seen, true}; }
    at::Tensor hidden(const aha::packed_trees& batch) const {
        (is_reference ? seen->reference : seen->own).push_back(batch.ids.size(0));
        return aha::decoder<Tensor>::hidden(batch);
    }
};

template <class Tensor, class... Policies>
seen_passes passes_of(aha::grpo_options options, Policies... policies) {
    const auto seen = std::make_shared<seen_passes>();
    watched_model<Tensor> model{small_model<Tensor>(64, 0.5), seen};
    options.prompts_per_step = 2;
    options.group_size = 4;
    aha::grpo trainer{model, aha::vector_prompts{questions(4)}, first_id, options, sampling(), policies...};
    trainer.step();
    return *seen;
}

TEST(boundaries, the_reference_is_asked_once_and_only_where_something_reads_it) {
    using cpu = aha::cpu<float>;
    const aha::grpo_options twice{.minibatches = 2, .inner_epochs = 3};
    // RLOO: the advantage reads it, the loss does not.
    const auto rloo = passes_of<cpu>(twice, aha::kl_in_reward<>{{}, {.beta = 0.1}}, aha::reinforce_loss{});
    EXPECT_EQ(rloo.reference.size(), 1U);
    EXPECT_GE(rloo.own.size(), 2U);
    // A KL term: once for each minibatch, however often it is learned from.
    const auto kl = passes_of<cpu>(twice, aha::grpo_loss{{.beta = 0.1}});
    EXPECT_EQ(kl.reference.size(), 2U);
    EXPECT_EQ(kl.own.size(), 6U);
    // Both: what the advantage asked for serves the loss.
    const auto both = passes_of<cpu>(twice, aha::kl_in_reward<>{{}, {.beta = 0.1}}, aha::grpo_loss{{.beta = 0.1}});
    EXPECT_EQ(both.reference.size(), 1U);
    EXPECT_TRUE(passes_of<cpu>(twice).reference.empty());
}

TEST(boundaries, microbatch_tokens_limits_old_and_reference_passes_too) {
    const aha::grpo_options small{.inner_epochs = 2, .microbatch_tokens = 10};  // a prompt of 3, completions of 5 more
    const auto seen = passes_of<aha::cpu<aha::bfloat16>>(small, aha::kl_in_reward<>{{}, {.beta = 0.1}},
                                                         aha::grpo_loss{{.beta = 0.1}});
    ASSERT_GE(seen.reference.size(), 8U);
    for (const std::int64_t tokens : seen.reference) EXPECT_LE(tokens, 10);
    ASSERT_GE(seen.own.size(), 24U);  // old log-probs, then two epochs
    for (const std::int64_t tokens : seen.own) EXPECT_LE(tokens, 10);
}

TEST(boundaries, messages_are_rendered_by_the_models_template) {
    const aha::chat_template chat{
        "{% for m in messages %}{{ m['role'][0] }}{{ m['content'] }}{% endfor %}"
        "{% if tools %}t{{ tools | length }}{% endif %}{% if add_generation_prompt %}a{% endif %}"};
    aha::pretrained<aha::decoder<>, aha::testing::symbol_tokenizer> source{small_model(), letters(), chat};
    std::vector<aha::prompt> prompts(2);
    prompts[0].messages = {{{"role", "user"}, {"content", "hi"}}};
    prompts[1].messages = {{{"role", "system"}, {"content", "be"}}, {{"role", "user"}, {"content", "hi"}}};
    prompts[1].fields = {{"tools", {{{"name", "x"}}, {{"name", "y"}}}}};
    aha::grpo trainer{source, aha::vector_prompts{prompts, {.shuffle = false}}, first_id, two_by_four, sampling()};
    const auto report = trainer.step();
    EXPECT_EQ((*report.groups)[0].prompt.text, "uhia");
    EXPECT_TRUE((*report.groups)[0].prompt.templated);
    EXPECT_EQ((*report.groups)[0].prompt.ids, letters().encode("uhia"));
    EXPECT_EQ((*report.groups)[1].prompt.text, "sbeuhit2a");

    auto bare = small_model();
    EXPECT_EQ(
        complaint([&] {
            aha::grpo t{bare, aha::vector_prompts{prompts, {.shuffle = false}}, first_id, two_by_four, sampling()};
            t.step();
        }),
        "prompt 0: the prompt is a list of messages, and a bare model has no chat template to make a text of them");
    source.chat.reset();
    EXPECT_THAT(
        complaint([&] {
            aha::grpo t{source, aha::vector_prompts{prompts, {.shuffle = false}}, first_id, two_by_four, sampling()};
            t.step();
        }),
        HasSubstr("is a list of messages, and the model has no chat template"));
}

}  // namespace
