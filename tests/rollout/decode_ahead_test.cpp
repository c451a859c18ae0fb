// Decoding as GPUs do it (static memory, tokens drawn by the model, one step ahead of the host) against the ordinary
// session, on the CPU: the kernels' text is the same for both machines.
#include <aha/rollout/autoregressive_sampler.hpp>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <string>
#include <vector>

#include <aha/model/decoder.hpp>
#include <aha/model/initialize.hpp>
#include <aha/testing/symbol_tokenizer.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::sampling_options;

/// Tokens 0 to 30; 29 and 30 end a completion; text is one letter a token.
struct letters {
    std::string decode(std::span<const aha::token_id> ids) const {
        std::string text;
        for (const aha::token_id id : ids) text += static_cast<char>('A' + id);
        return text;
    }
    std::vector<aha::token_id> encode(std::string_view) const { return {}; }
    std::vector<aha::token_id> end_ids() const { return {29, 30}; }
    std::int64_t vocabulary_size() const { return 31; }
};

template <class Tensor>
aha::decoder<Tensor> model_of(bool qwen3) {
    aha::decoder_config config = aha::test::small_config(qwen3);
    if (qwen3) config.head_dim = 6;
    config.context = 700;
    aha::decoder<Tensor> model{config};
    aha::initialize(model, 5, 0.4);
    return model;
}

/// Prompts of the given lengths; the first `common` tokens of all are the same.
std::vector<aha::rollout_group> groups_of(const std::vector<std::int64_t>& lengths, std::int64_t common,
                                          std::int64_t group_size) {
    std::vector<aha::rollout_group> groups;
    for (std::size_t p = 0; p < lengths.size(); ++p) {
        aha::rollout_group group;
        group.prompt.index = static_cast<std::int64_t>(p);
        for (std::int64_t i = 0; i < lengths[p]; ++i)
            group.prompt.ids.push_back(i < common ? i % 29 : (i * 7 + 3 * static_cast<std::int64_t>(p)) % 29);
        group.completions.resize(static_cast<std::size_t>(group_size));
        groups.push_back(std::move(group));
    }
    return groups;
}

struct layout {
    std::string name;
    std::vector<std::int64_t> prompts;
    std::int64_t common, group_size, max_rows;
    bool qwen3;
    sampling_options options;
};
void PrintTo(const layout& l, std::ostream* out) { *out << l.name; }

class decode_ahead : public testing::TestWithParam<layout> {};

/// The two ways agree in all that is sampled.
template <class Tensor>
void expect_same(const layout& l, float tolerance) {
    const aha::decoder<Tensor> model = model_of<Tensor>(l.qwen3);
    const aha::autoregressive_sampler<letters> sampler{{}, l.options, l.max_rows};
    std::vector<aha::rollout_group> ahead = groups_of(l.prompts, l.common, l.group_size);
    std::vector<aha::prompt> prompts;
    for (const aha::rollout_group& group : ahead) prompts.push_back(group.prompt);
    const aha::random_key key{.seed = 3, .step = 4};
    const std::vector<aha::rollout_group> plain = sampler.sample(model, prompts, l.group_size, key);
    sampler.decode_ahead(model, std::span{ahead}, l.group_size, key);
    std::int64_t tokens = 0, ended = 0;
    for (std::size_t g = 0; g < plain.size(); ++g)
        for (std::size_t c = 0; c < plain[g].completions.size(); ++c) {
            const aha::completion &a = plain[g].completions[c], &b = ahead[g].completions[c];
            ASSERT_EQ(a.ids, b.ids) << "prompt " << g << ", sample " << c;
            EXPECT_EQ(a.finish, b.finish);
            tokens += std::ssize(a.ids);
            ended += a.finish != aha::finish_reason::length;
            ASSERT_EQ(b.log_probs.size(), a.ids.size());
            for (std::size_t t = 0; t < a.ids.size(); ++t) {
                EXPECT_NEAR(a.log_probs[t], b.log_probs[t], tolerance);
                EXPECT_NEAR(a.behavior_log_probs[t], b.behavior_log_probs[t], tolerance);
                EXPECT_NEAR(a.entropies[t], b.entropies[t], tolerance);
            }
        }
    EXPECT_GT(tokens, 0);
    EXPECT_GT(ended, 0) << "no completion ended early: the layout does not show what is to be shown";
}

TEST_P(decode_ahead, GivesWhatTheOrdinarySessionGives) { expect_same<aha::cpu<float>>(GetParam(), 2e-5F); }

INSTANTIATE_TEST_SUITE_P(
    layouts, decode_ahead,
    testing::Values(
        layout{"one_row", {5}, 0, 1, 8, false, {.max_new_tokens = 60}},
        layout{"groups", {5, 9, 3}, 0, 4, 64, false, {.max_new_tokens = 30}},
        layout{"refilled", {5, 9, 3, 7, 4, 12}, 0, 3, 6, false, {.max_new_tokens = 40}},
        layout{"fewer_rows_than_a_group", {5, 9}, 0, 5, 2, false, {.max_new_tokens = 20}},
        layout{"common_prefix", {20, 31, 24}, 16, 4, 64, false, {.max_new_tokens = 30}},
        layout{"prompts_of_several_chunks", {600, 300, 513}, 280, 3, 64, false, {.max_new_tokens = 25}},
        layout{"more_rows_than_a_stretch", {40}, 0, 37, 64, false, {.max_new_tokens = 20}},
        layout{"own_tokens_of_several_chunks", {4}, 0, 2, 8, false, {.max_new_tokens = 500, .min_new_tokens = 400}},
        layout{"prompts_make_room", std::vector<std::int64_t>(12, 300), 0, 2, 4, false, {.max_new_tokens = 12}},
        layout{"qwen3", {5, 9, 3, 30}, 0, 4, 8, true, {.temperature = 0.7, .max_new_tokens = 30}},
        layout{"greedy", {5, 9, 3}, 0, 2, 64, true, {.temperature = 0, .max_new_tokens = 60, .suppress = {1, 2}}},
        layout{"stopped",
               {5, 9, 3},
               0,
               8,
               64,
               false,
               {.temperature = 1.3, .max_new_tokens = 40, .stop = {"BC", "Q"}, .min_new_tokens = 3}},
        layout{"to_the_end_of_the_context", {690, 695}, 0, 6, 64, false, {.max_new_tokens = 40}}),
    [](const auto& one) { return one.param.name; });

TEST(decode_ahead_types, LogProbsInBfloat16AreThoseOfTheOrdinarySessionToItsRounding) {
    // Tokens may differ where a random number falls between two of them: the log-probs of the tokens drawn are computed
    // again by the ordinary session, forced along them.
    using tensor = aha::cpu<aha::bfloat16>;
    const aha::decoder<tensor> model = model_of<tensor>(false);
    const aha::autoregressive_sampler<letters> sampler{{}, {.max_new_tokens = 40}, 64};
    std::vector<aha::rollout_group> groups = groups_of({5, 20, 300}, 0, 6);
    sampler.decode_ahead(model, std::span{groups}, 6, {.seed = 1});
    std::vector<double> errors;
    for (const aha::rollout_group& group : groups)
        for (const aha::completion& c : group.completions) {
            const std::vector<std::vector<aha::token_id>> prompt{group.prompt.ids};
            auto session = model.open_session(prompt, 1);
            for (std::size_t t = 0; t < c.ids.size(); ++t) {
                const at::Tensor logits = at::linear(session.hidden(), model.head().compute).to(at::kFloat);
                const at::Tensor all = at::log_softmax(logits, 1)[0];
                const double error = std::abs(all[c.ids[t]].item<double>() - c.log_probs[t]);
                EXPECT_LT(error, 0.15);  // a few roundings of 2^-8 of logits near 5
                errors.push_back(error);
                session.advance(std::span{c.ids}.subspan(t, 1));
            }
        }
    EXPECT_LT(std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(errors.size()), 0.02);
}

TEST(static_session, SaysWhatIsWrong) {
    const aha::decoder<aha::cpu<float>> model = model_of<aha::cpu<float>>(false);
    const std::vector<std::vector<aha::token_id>> prompts{{1, 2}, {3}};
    const std::vector<aha::sampling_row> rows(3, {aha::random_stream{{}}, 2});
    auto session = model.open_static_session({}, 4);
    EXPECT_THAT(aha::test::complaint([&] { session.admit(prompts, rows); }),
                testing::HasSubstr("3 rows for 2 prompts"));
    session.admit(std::span{prompts}.first(1), rows);
    EXPECT_THAT(aha::test::complaint([&] { session.admit(std::span{prompts}.first(1), rows); }),
                testing::HasSubstr("more than 4"));
    EXPECT_THAT(aha::test::complaint([&] { session.read(3); }), testing::HasSubstr("no step was begun"));
    session.step();
    session.step();
    EXPECT_THAT(aha::test::complaint([&] { session.step(); }), testing::HasSubstr("2 steps were begun"));
    session.read(3);
    session.read(3);
    session.step();
    session.read(3);
    EXPECT_THAT(aha::test::complaint([&] { session.step(); }), testing::HasSubstr("a row has had its 2 tokens"));
}

TEST(static_session, NanIsSaidWhereItIsRead) {
    const aha::decoder<aha::cpu<float>> model = model_of<aha::cpu<float>>(false);
    const at::NoGradGuard no_gradients;
    model.weights()[0].fill_(std::numeric_limits<float>::quiet_NaN());
    std::vector<aha::rollout_group> groups = groups_of({5}, 0, 2);
    const aha::autoregressive_sampler<letters> sampler{{}, {.max_new_tokens = 4}};
    EXPECT_THAT(aha::test::complaint([&] { sampler.decode_ahead(model, std::span{groups}, 2, {}); }),
                testing::HasSubstr("contain a NaN"));
}

}  // namespace
