#include <aha/rollout/autoregressive_sampler.hpp>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <aha/concepts/decoding_model.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/model/decoder.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/update/minibatch.hpp>
#include <aha/update/packed_log_probs.hpp>
#include <tests/support/chi_square.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::finish_reason;
using aha::sampling_options;
using aha::testing::arm_tokenizer;
using aha::testing::bandit;
using testing::ElementsAre;

/// 0 to 25 are letters, 26 is "ab", 27 "bc", 28 a special token without text, 29 and 30 end a completion.
struct letters {
    std::vector<aha::token_id> encode(std::string_view text) const {
        std::vector<aha::token_id> ids;
        for (const char c : text) ids.push_back(c - 'a');
        return ids;
    }
    std::string decode(std::span<const aha::token_id> ids) const {
        std::string text;
        for (const aha::token_id id : ids) {
            if (id < 26) text += static_cast<char>('a' + id);
            else if (id < 28) text += id == 26 ? "ab" : "bc";
        }
        return text;
    }
    std::vector<aha::token_id> end_ids() const { return {29, 30}; }
    std::int64_t vocabulary_size() const { return 31; }
};

constexpr aha::token_id ab = 26, bc = 27, special = 28, first_end = 29, second_end = 30;

/// Speaks the completion written for each prompt's first token, then 'z' for ever; any other token is far less likely,
/// the lower ids more than the higher.
class scripted {
public:
    using tensor_policy = aha::cpu<float>;
    explicit scripted(std::map<aha::token_id, std::vector<aha::token_id>> scripts, std::int64_t context = 1000)
        : scripts_{std::move(scripts)}, context_{context}, weights_{{{"head", {31, 31}}}, tensor_policy::options()} {
        const at::NoGradGuard no_gradients;
        weights_[0].copy_(100 * at::eye(31) - 0.1 * at::arange(31).unsqueeze(1));
    }

    at::Tensor hidden(const aha::packed_trees&) const { return {}; }
    aha::lm_head head() const { return {weights_[0], weights_[0].detach()}; }
    const aha::parameters& weights() const { return weights_; }
    void refresh() {}
    std::int64_t context() const { return context_; }

    class session {
    public:
        std::int64_t rows() const { return static_cast<std::int64_t>(scripts_.size()); }
        at::Tensor hidden() const {
            at::Tensor states = at::zeros({rows(), 31});
            for (std::size_t r = 0; r < scripts_.size(); ++r)
                states[static_cast<std::int64_t>(r)][step_ < scripts_[r].size() ? scripts_[r][step_] : 25] = 1;
            return states;
        }
        void advance(std::span<const aha::token_id> ids) {
            EXPECT_EQ(ids.size(), scripts_.size());
            ++step_;
        }
        void keep(std::span<const std::int64_t> rows) {
            std::vector<std::vector<aha::token_id>> left;
            for (const std::int64_t r : rows) left.push_back(scripts_[static_cast<std::size_t>(r)]);
            scripts_ = std::move(left);
        }

    private:
        friend scripted;
        std::vector<std::vector<aha::token_id>> scripts_;
        std::size_t step_ = 0;
    };
    session open_session(std::span<const std::vector<aha::token_id>> prompts, std::int64_t copies) const {
        session opened;
        for (const std::vector<aha::token_id>& ids : prompts)
            for (std::int64_t c = 0; c < copies; ++c) opened.scripts_.push_back(scripts_.at(ids.front()));
        return opened;
    }

private:
    std::map<aha::token_id, std::vector<aha::token_id>> scripts_;
    std::int64_t context_;
    aha::parameters weights_;
};
static_assert(aha::decoding_model<scripted>);

/// Another model, with a record of how many rows each session began with and each step computed.
template <class Model>
class recorded {
public:
    using tensor_policy = typename Model::tensor_policy;
    explicit recorded(const Model& model) : model_{&model} {}

    struct session {
        typename Model::session inner;
        std::vector<std::vector<std::int64_t>>* record;
        std::int64_t rows() const { return inner.rows(); }
        at::Tensor hidden() const { return inner.hidden(); }
        void advance(std::span<const aha::token_id> ids) {
            record->back().push_back(rows());
            inner.advance(ids);
        }
        void keep(std::span<const std::int64_t> kept) { inner.keep(kept); }
    };
    aha::lm_head head() const { return model_->head(); }
    std::int64_t context() const { return model_->context(); }
    session open_session(std::span<const std::vector<aha::token_id>> prompts, std::int64_t copies) const {
        record_->push_back({static_cast<std::int64_t>(prompts.size()) * copies});
        return {model_->open_session(prompts, copies), record_.get()};
    }
    const std::vector<std::vector<std::int64_t>>& record() const { return *record_; }

private:
    const Model* model_;
    std::shared_ptr<std::vector<std::vector<std::int64_t>>> record_ =
        std::make_shared<std::vector<std::vector<std::int64_t>>>();
};

/// A model that notes the most rows each of its sessions had; its sessions take further prompts.
class counted {
public:
    using tensor_policy = aha::cpu<float>;
    counted(const aha::decoder<>& model, std::vector<std::int64_t>* most) : model_{&model}, most_{most} {}

    struct session {
        aha::decoder<>::session inner;
        std::vector<std::int64_t>* most;
        std::int64_t rows() const { return inner.rows(); }
        at::Tensor hidden() const { return inner.hidden(); }
        void advance(std::span<const aha::token_id> ids) { inner.advance(ids); }
        void keep(std::span<const std::int64_t> kept) { inner.keep(kept); }
        void admit(std::span<const std::vector<aha::token_id>> prompts, std::int64_t copies) {
            inner.admit(prompts, copies);
            most->back() = std::max(most->back(), rows());
        }
    };
    aha::lm_head head() const { return model_->head(); }
    std::int64_t context() const { return model_->context(); }
    session open_session(std::span<const std::vector<aha::token_id>> prompts, std::int64_t copies) const {
        most_->push_back(std::ssize(prompts) * copies);
        return {model_->open_session(prompts, copies), most_};
    }

private:
    const aha::decoder<>* model_;
    std::vector<std::int64_t>* most_;
};

aha::decoder<> small_model(std::int64_t context = 64) { return aha::test::small_model(context, 0.4); }

aha::prompt asked(std::int64_t index, std::vector<aha::token_id> ids) {
    aha::prompt p;
    p.index = index;
    p.ids = std::move(ids);
    return p;
}

std::vector<aha::prompt> prompts_of_many_lengths() {
    const aha::random_stream random{{23, 0, 0, 0}};
    std::vector<aha::prompt> all;
    std::uint64_t n = 0;
    for (std::int64_t i = 0; i < 7; ++i) {
        std::vector<aha::token_id> ids;
        for (std::int64_t t = 0; t <= (i * 5) % 9; ++t)
            ids.push_back(static_cast<aha::token_id>(random.below(n++, 31)));
        all.push_back(asked(100 + 3 * i, ids));
    }
    return all;
}

template <class Sampler, class Model>
aha::completion one(const Sampler& sampler, const Model& model, const aha::prompt& prompt) {
    return sampler.sample(model, std::span{&prompt, 1}, 1, {}).at(0).completions.at(0);
}

/// The greedy completion of a script.
aha::completion told(std::vector<aha::token_id> script, sampling_options options, std::int64_t context = 1000) {
    options.temperature = 0;
    return one(aha::autoregressive_sampler{letters{}, options}, scripted{{{0, script}}, context}, asked(0, {0, 1}));
}

TEST(autoregressive_sampler, is_a_sampler) {
    EXPECT_TRUE((aha::sampler_for<aha::autoregressive_sampler<letters>, aha::decoder<>>));
}

TEST(autoregressive_sampler, ends_at_any_of_the_end_tokens_and_keeps_it) {
    for (const aha::token_id end : {first_end, second_end}) {
        const aha::completion c = told({7, 4, end, 3}, {});
        EXPECT_THAT(c.ids, ElementsAre(7, 4, end));
        EXPECT_EQ(c.text, "he");
        EXPECT_EQ(c.finish, finish_reason::end_token);
        EXPECT_EQ(c.log_probs.size(), 3U);
        EXPECT_EQ(c.behavior_log_probs.size(), 3U);
        EXPECT_EQ(c.entropies.size(), 3U);
    }
    EXPECT_THAT(told({first_end}, {}).ids, ElementsAre(first_end));
}

TEST(autoregressive_sampler, ends_at_the_token_budget_and_at_the_models_context) {
    aha::completion c = told({1, 2, 3, 4, 5, 6}, {.max_new_tokens = 4});
    EXPECT_THAT(c.ids, ElementsAre(1, 2, 3, 4));
    EXPECT_EQ(c.finish, finish_reason::length);
    c = told({1, 2, 3, 4, 5, 6}, {.max_new_tokens = 4}, 5);  // two are the prompt's
    EXPECT_THAT(c.ids, ElementsAre(1, 2, 3));
    EXPECT_EQ(c.finish, finish_reason::length);
    EXPECT_THAT(told({1, 2}, {}, 3).ids, ElementsAre(1));
    // The last token of the budget still ends a completion in its own way.
    EXPECT_EQ(told({1, first_end}, {.max_new_tokens = 2}).finish, finish_reason::end_token);
    EXPECT_EQ(told({1, 2}, {.max_new_tokens = 2, .stop = {"bc"}}).finish, finish_reason::stop_string);
}

TEST(autoregressive_sampler, ends_when_the_text_contains_a_stop_string_whatever_the_tokens) {
    const auto stopped_at = [](std::vector<aha::token_id> script, std::vector<std::string> stop) {
        const aha::completion c = told(std::move(script), {.max_new_tokens = 40, .stop = std::move(stop)});
        return c.finish == finish_reason::stop_string ? static_cast<int>(c.ids.size()) : -1;
    };
    EXPECT_EQ(stopped_at({7, 0, 1, 2, 3}, {"abc"}), 4);          // h a b c
    EXPECT_EQ(stopped_at({7, ab, 2, 3}, {"abc"}), 3);            // h ab c
    EXPECT_EQ(stopped_at({0, bc, 3}, {"abc"}), 2);               // a bc
    EXPECT_EQ(stopped_at({ab, bc, 3}, {"bb"}), 2);               // ab bc: across the border, inside both
    EXPECT_EQ(stopped_at({7, bc, 3}, {"b"}), 2);                 // inside a token
    EXPECT_EQ(stopped_at({0, 1, 3, 4}, {"abc", "zz", "d"}), 3);  // any of them
    EXPECT_EQ(stopped_at({0, 1, 0, 1, 2}, {"abc"}), 5);          // a start that leads nowhere
    EXPECT_EQ(stopped_at({0, 1}, {"abc"}), -1);
    EXPECT_EQ(stopped_at({0, 1, first_end, 2}, {"abc"}), -1);
    // Tokens without text may stand in between, however many.
    for (const std::size_t gap : {1U, 4U, 20U}) {
        std::vector<aha::token_id> script{0};
        script.insert(script.end(), gap, special);
        script.insert(script.end(), {1, 2, 3});
        EXPECT_EQ(stopped_at(script, {"abc"}), static_cast<int>(gap) + 3) << gap << " tokens without text";
    }
    // The text ends before the stop string, or with it; the tokens are all that were sampled.
    const aha::completion before = told({7, ab, bc, 3}, {.stop = {"abb"}});
    EXPECT_EQ(before.text, "h");
    EXPECT_EQ(before.ids, (std::vector<aha::token_id>{7, ab, bc}));
    EXPECT_EQ(before.log_probs.size(), 3U);
    EXPECT_EQ(told({7, ab, bc, 3}, {.stop = {"abb"}, .include_stop_string = true}).text, "habb");
    EXPECT_EQ(told({7, ab, bc, 3}, {.stop = {"bb", "abb", "c"}}).text, "h");  // the first of several in the text
    EXPECT_EQ(told({7, ab, bc}, {.max_new_tokens = 2, .stop = {"abb"}}).text, "hab");  // none ended it
}

TEST(autoregressive_sampler, sees_stop_strings_longer_than_any_token) {
    std::vector<aha::token_id> script(30, 4);
    script.push_back(5);
    const aha::completion c = told(script, {.stop = {std::string(25, 'e') + "f"}});
    EXPECT_EQ(c.ids.size(), 31U);
    EXPECT_EQ(c.finish, finish_reason::stop_string);
}

TEST(autoregressive_sampler, draws_no_end_token_before_the_least_length_and_never_what_is_suppressed) {
    // Greedy: what is forbidden gives way to the likeliest of the rest, which is token 0.
    EXPECT_THAT(told({first_end, second_end, first_end, 3}, {.min_new_tokens = 2}).ids, ElementsAre(0, 0, first_end));
    EXPECT_THAT(told({5, 0, 5, 6, first_end}, {.suppress = {5, 0}}).ids, ElementsAre(1, 1, 1, 6, first_end));
    EXPECT_THAT(told({5, first_end, 6}, {.max_new_tokens = 3, .suppress = {first_end, 99, -1}}).ids,
                ElementsAre(5, 0, 6));
    // A stop string may still end a completion earlier.
    EXPECT_EQ(told({7, 1}, {.stop = {"b"}, .min_new_tokens = 5}).ids.size(), 2U);
    // The log-probs are those of the unrestricted model: the forbidden token's mass is not given to others.
    EXPECT_LT(told({first_end}, {.min_new_tokens = 1}).log_probs[0], -50);
}

TEST(autoregressive_sampler, gives_each_prompt_its_group) {
    const bandit model{{0.2F, 0.1F, 0.0F}};
    const std::vector<aha::prompt> prompts{asked(4, {0}), asked(9, {1, 2})};
    const aha::autoregressive_sampler sampler{arm_tokenizer{3}, {.max_new_tokens = 3}};
    for (const std::int64_t size : {1, 5, 300}) {
        const std::vector<aha::rollout_group> groups = sampler.sample(model, prompts, size, {});
        ASSERT_EQ(groups.size(), 2U);
        for (std::size_t g = 0; g < 2; ++g) {
            EXPECT_EQ(groups[g].prompt.index, prompts[g].index);
            EXPECT_EQ(groups[g].prompt.ids, prompts[g].ids);
            EXPECT_EQ(groups[g].completions.size(), static_cast<std::size_t>(size));
            EXPECT_TRUE(groups[g].scores.empty());
            EXPECT_TRUE(groups[g].advantages.empty());
            for (const aha::completion& c : groups[g].completions) {
                EXPECT_EQ(c.ids.size(), 3U);
                EXPECT_EQ(c.text, sampler.tokenizer().decode(c.ids));
                EXPECT_EQ(c.finish, finish_reason::length);
            }
        }
    }
    EXPECT_TRUE(sampler.sample(model, std::span<const aha::prompt>{}, 4, {}).empty());
}

void expect_same(const aha::completion& a, const aha::completion& b, const std::string& where) {
    EXPECT_EQ(a.ids, b.ids) << where;
    EXPECT_EQ(a.text, b.text) << where;
    EXPECT_EQ(a.finish, b.finish) << where;
    ASSERT_EQ(a.log_probs.size(), b.log_probs.size()) << where;
    for (std::size_t t = 0; t < a.log_probs.size(); ++t) {
        EXPECT_NEAR(a.log_probs[t], b.log_probs[t], 1e-5) << where;
        EXPECT_NEAR(a.behavior_log_probs[t], b.behavior_log_probs[t], 1e-5) << where;
        EXPECT_NEAR(a.entropies[t], b.entropies[t], 1e-5) << where;
    }
}

TEST(autoregressive_sampler, a_completion_does_not_depend_on_the_batch_it_runs_in) {
    const aha::decoder<> model = small_model();
    const std::vector<aha::prompt> prompts = prompts_of_many_lengths();
    const sampling_options options{.temperature = 0.9, .max_new_tokens = 14, .stop = {"ab"}};
    const aha::random_key key{.seed = 3, .step = 8};
    const std::vector<aha::rollout_group> all =
        aha::autoregressive_sampler{letters{}, options}.sample(model, prompts, 4, key);
    std::map<finish_reason, int> reasons;
    for (const aha::rollout_group& group : all)
        for (const aha::completion& c : group.completions) ++reasons[c.finish];
    EXPECT_GT(reasons[finish_reason::end_token], 2);  // or else rows never leave the batch and little is tested
    EXPECT_GT(reasons[finish_reason::length], 2);
    for (const std::int64_t max_rows : {1, 4, 9, 15}) {
        const auto cut = aha::autoregressive_sampler{letters{}, options, max_rows}.sample(model, prompts, 4, key);
        ASSERT_EQ(cut.size(), all.size());
        for (std::size_t g = 0; g < all.size(); ++g)
            for (std::size_t s = 0; s < 4; ++s)
                expect_same(cut[g].completions[s], all[g].completions[s], "max_rows " + std::to_string(max_rows));
    }
    const aha::autoregressive_sampler sampler{letters{}, options};
    const std::vector<aha::prompt> turned{prompts.rbegin(), prompts.rend()};
    const auto backwards = sampler.sample(model, turned, 4, key);
    for (std::size_t g = 0; g < all.size(); ++g) {
        const auto alone = sampler.sample(model, std::span{prompts}.subspan(g, 1), 2, key);  // a smaller group, too
        for (std::size_t s = 0; s < 2; ++s) expect_same(alone[0].completions[s], all[g].completions[s], "alone");
        for (std::size_t s = 0; s < 4; ++s)
            expect_same(backwards[all.size() - 1 - g].completions[s], all[g].completions[s], "turned");
    }
}

TEST(autoregressive_sampler, different_keys_give_different_completions) {
    const bandit model{{0, 0, 0, 0}};
    const aha::autoregressive_sampler sampler{arm_tokenizer{4}, {.max_new_tokens = 40}};
    const auto sampled = [&](const aha::random_key& key, std::int64_t index) {
        const aha::prompt p = asked(index, {0});
        std::vector<std::vector<aha::token_id>> ids;
        const auto groups = sampler.sample(model, std::span{&p, 1}, 3, key);
        for (const aha::completion& c : groups[0].completions) ids.push_back(c.ids);
        return ids;
    };
    const auto first = sampled({.seed = 1, .step = 2}, 5);
    EXPECT_EQ(sampled({.seed = 1, .step = 2}, 5), first);
    std::set<std::vector<aha::token_id>> seen;
    for (const auto& other : {first, sampled({.seed = 2, .step = 2}, 5), sampled({.seed = 1, .step = 3}, 5),
                              sampled({.seed = 1, .step = 2}, 6), sampled({.seed = 2, .step = 1}, 5)})
        seen.insert(other.begin(), other.end());
    EXPECT_EQ(seen.size(), 15U);
}

TEST(autoregressive_sampler, completions_leave_the_batch_when_they_end) {
    const aha::decoder<> inner = small_model();
    const recorded model{inner};
    const std::vector<aha::prompt> prompts = prompts_of_many_lengths();
    const aha::autoregressive_sampler sampler{letters{}, {.max_new_tokens = 20}, 10};  // three groups of three at once
    const auto groups = sampler.sample(model, prompts, 3, {.seed = 6});
    std::vector<std::vector<std::int64_t>> expected;
    for (std::size_t from = 0; from < groups.size(); from += 3) {
        const std::size_t to = std::min(groups.size(), from + 3);
        expected.push_back({static_cast<std::int64_t>(3 * (to - from))});
        for (std::size_t t = 1; t < 20; ++t) {
            std::int64_t running = 0;  // those with more than t tokens
            for (std::size_t g = from; g < to; ++g)
                for (const aha::completion& c : groups[g].completions) running += c.ids.size() > t ? 1 : 0;
            if (running > 0) expected.back().push_back(running);
        }
    }
    EXPECT_EQ(model.record(), expected);
    EXPECT_LT(expected[0].back(), 9);
    // Each prompt is computed once for its group, and nothing after the last token.
    EXPECT_EQ(expected.size(), 3U);
}

/// @param near how far products in the type may put a log-prob or an entropy off
template <class Tensor>
void check_log_probs(double near) {
    const auto model = aha::test::small_model<Tensor>(64, 0.4);
    for (const double temperature : {1.0, 0.7}) {
        const aha::autoregressive_sampler sampler{letters{},
                                                  {.temperature = temperature, .top_k = 20, .max_new_tokens = 16}};
        const auto groups = sampler.sample(model, prompts_of_many_lengths(), 4, {.seed = 2});
        std::vector<aha::training_item> items;
        std::vector<float> log_probs, behavior, entropies;
        for (const aha::rollout_group& group : groups)
            for (std::size_t s = 0; s < 4; ++s) {
                const aha::completion& c = group.completions[s];
                items.push_back({&group, s, 1, {}});
                log_probs.insert(log_probs.end(), c.log_probs.begin(), c.log_probs.end());
                behavior.insert(behavior.end(), c.behavior_log_probs.begin(), c.behavior_log_probs.end());
                entropies.insert(entropies.end(), c.entropies.begin(), c.entropies.end());
            }
        const at::NoGradGuard no_gradients;
        const aha::packed_groups packed = aha::pack_items(items, {});
        const auto off = [](const at::Tensor& right, const std::vector<float>& got) {
            return (right - at::tensor(got)).abs().max().item<float>();
        };
        EXPECT_LT(off(aha::packed_log_probs(model, packed).log_probs, log_probs), near);
        EXPECT_LT(off(aha::packed_log_probs(model, packed, {.temperature = temperature}).log_probs, behavior), near);
        const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows);
        const at::Tensor logits = at::linear(hidden.to(at::kFloat), model.head().weight);
        const at::Tensor p = at::softmax(logits.to(at::kDouble), -1);
        EXPECT_LT(off(-(p * p.log()).sum(-1).to(at::kFloat), entropies), near);
        EXPECT_EQ(log_probs == behavior, temperature == 1);
    }
}

TEST(autoregressive_sampler, log_probs_are_those_of_a_teacher_forced_pass) { check_log_probs<aha::cpu<float>>(1e-5); }
TEST(autoregressive_sampler, log_probs_with_bfloat16_products_are_near_those_of_a_teacher_forced_pass) {
    check_log_probs<aha::cpu<aha::bfloat16>>(0.1);
}

TEST(autoregressive_sampler, waiting_groups_take_the_places_of_completions_that_ended) {
    const aha::decoder<> inner = small_model();
    std::vector<std::int64_t> rows;
    const counted model{inner, &rows};
    const std::vector<aha::prompt> prompts = prompts_of_many_lengths();
    const auto sample = [&](std::int64_t max_rows) {
        return aha::autoregressive_sampler{letters{}, {.max_new_tokens = 20}, max_rows}.sample(model, prompts, 3,
                                                                                               {.seed = 6});
    };
    const auto all_at_once = sample(1000);
    ASSERT_EQ(rows.size(), 1U) << "one session";
    rows.clear();
    const auto ten_at_a_time = sample(10);
    EXPECT_EQ(rows.size(), 1U) << "the others joined it";
    EXPECT_LE(*std::max_element(rows.begin(), rows.end()), 10);
    for (std::size_t g = 0; g < prompts.size(); ++g)
        for (std::size_t s = 0; s < 3; ++s) {
            EXPECT_EQ(ten_at_a_time[g].completions[s].ids, all_at_once[g].completions[s].ids);
            EXPECT_EQ(ten_at_a_time[g].completions[s].text, all_at_once[g].completions[s].text);
        }
}

TEST(autoregressive_sampler, first_two_tokens_are_drawn_from_the_models_exact_distribution) {
    const aha::decoder<> model = small_model();
    const aha::prompt p = asked(3, {3, 1, 4, 1, 5});
    std::vector<aha::token_id> branches(62);
    std::vector<std::span<const aha::token_id>> continued;
    for (std::int64_t id = 0; id < 31; ++id) {
        branches[static_cast<std::size_t>(2 * id)] = id;
        continued.push_back(std::span{branches}.subspan(static_cast<std::size_t>(2 * id), 2));
    }
    const aha::token_group tree{p.ids, continued};
    const at::NoGradGuard no_gradients;
    const aha::packed_groups packed = aha::pack_groups(std::span{&tree, 1});
    const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows).to(at::kDouble);
    const at::Tensor next = at::softmax(at::linear(hidden, model.head().weight.to(at::kDouble)), -1);  // [62, 31]
    const at::Tensor pairs = next[0].unsqueeze(1) * next.slice(0, 1, 62, 2);                           // [31, 31]
    std::vector<double> first(31), both(31 * 31 + 31);
    for (std::int64_t a = 0; a < 31; ++a) {
        first[static_cast<std::size_t>(a)] = next[0][a].item<double>();
        for (std::int64_t b = 0; b < 31; ++b)  // an end token is followed by nothing
            both[static_cast<std::size_t>(a >= first_end ? 961 + a : 31 * a + b)] += pairs[a][b].item<double>();
    }
    std::vector<std::int64_t> first_counts(31), both_counts(both.size());
    const aha::autoregressive_sampler sampler{letters{}, {.max_new_tokens = 2}};
    for (std::uint64_t step = 0; step < 20; ++step) {
        const auto groups = sampler.sample(model, std::span{&p, 1}, 1000, {.seed = 12, .step = step});
        for (const aha::completion& c : groups[0].completions) {
            ++first_counts[static_cast<std::size_t>(c.ids[0])];
            ++both_counts[static_cast<std::size_t>(c.ids.size() == 1 ? 961 + c.ids[0] : 31 * c.ids[0] + c.ids[1])];
        }
    }
    const aha::test::goodness_of_fit one_token = aha::test::fit(first_counts, first);
    EXPECT_TRUE(one_token.holds()) << one_token.statistic << " exceeds " << one_token.critical;
    const aha::test::goodness_of_fit two_tokens = aha::test::fit(both_counts, both);
    EXPECT_TRUE(two_tokens.holds()) << two_tokens.statistic << " exceeds " << two_tokens.critical;
    EXPECT_GT(two_tokens.cells, 200U);
    // The gate can fail: two tokens drawn without regard to one another would not pass.
    std::vector<double> independent(both.size());
    for (std::size_t a = 0; a < 31; ++a)
        for (std::size_t b = 0; b < 31; ++b) independent[a >= 29 ? 961 + a : 31 * a + b] += first[a] * first[b];
    EXPECT_FALSE(aha::test::fit(both_counts, independent).holds());
}

TEST(autoregressive_sampler, greedy_is_the_chain_of_likeliest_tokens) {
    const aha::decoder<> model = small_model();
    const at::NoGradGuard no_gradients;
    for (const aha::prompt& p : prompts_of_many_lengths()) {
        const aha::completion c =
            one(aha::autoregressive_sampler{letters{}, {.temperature = 0, .max_new_tokens = 12}}, model, p);
        std::vector<aha::token_id> path = p.ids;
        for (const aha::token_id id : c.ids) {
            const aha::packed_trees packed = aha::pack_prompts(std::span{&path, 1}).batch;
            const at::Tensor logits = at::mv(model.head().weight, model.hidden(packed)[-1]);
            EXPECT_EQ(id, logits.argmax().item<std::int64_t>());
            path.push_back(id);
        }
        EXPECT_EQ(c.log_probs, c.behavior_log_probs);
    }
}

TEST(autoregressive_sampler, names_the_prompt_that_cannot_be_completed) {
    const aha::decoder<> model = small_model(6);
    const aha::autoregressive_sampler sampler{letters{}, {.max_new_tokens = 4}};
    const auto complaint = [&](const aha::prompt& bad, std::int64_t group_size = 2) {
        const std::vector<aha::prompt> prompts{asked(1, {1}), bad};
        return aha::test::complaint([&] { sampler.sample(model, prompts, group_size, {}); });
    };
    EXPECT_EQ(complaint(asked(7, {})), "prompt 7 has no tokens");
    EXPECT_EQ(complaint(asked(8, {1, 2, 3, 4, 5, 6})),
              "prompt 8 has 6 tokens, which leaves no room in the model's context of 6");
    EXPECT_EQ(complaint(asked(8, {1, 2, 3, 4, 5})), "no complaint");
    EXPECT_EQ(complaint(asked(8, {1}), 0), "group_size must be positive, not 0");
    EXPECT_EQ(aha::test::complaint([] {
                  aha::autoregressive_sampler{letters{}, {.top_k = -2}};
              }),
              "top_k must be 0 (all) or more, not -2");
    EXPECT_EQ(aha::test::complaint([] {
                  aha::autoregressive_sampler{letters{}, {}, 0};
              }),
              "max_rows must be positive, not 0");
}

TEST(autoregressive_sampler, reports_logits_that_are_no_numbers) {
    const bandit model{{0, std::numeric_limits<float>::quiet_NaN()}};
    EXPECT_EQ(aha::test::complaint([&] { one(aha::autoregressive_sampler{arm_tokenizer{2}}, model, asked(0, {0})); }),
              "the model's logits contain a NaN or an infinity");
}

}  // namespace
