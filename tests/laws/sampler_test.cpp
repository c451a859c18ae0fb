#include <array>
#include <gtest/gtest.h>
#include <utility>
#include <vector>

#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/testing/scripted_sampler.hpp>
#include <aha/testing/laws/sampler_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <tests/support/small_decoder.hpp>
#include <tests/laws/mutants.hpp>

namespace aha::testing {
namespace {

std::vector<prompt> two_prompts() {
    prompt first, second;
    first.index = 4;
    first.ids = {1, 0, 1};
    second.index = 9;
    second.ids = {0, 1};
    return {first, second};
}

/// On the bandit, plainly.
struct bandit_case {
    static bandit model() { return bandit{{0.3F, -0.2F, 0.1F}}; }
    static auto make() { return autoregressive_sampler{arm_tokenizer{3}, {.max_new_tokens = 6}}; }
    static std::vector<prompt> prompts() { return two_prompts(); }
};

struct number_tokenizer {  // ids as numbers; 0 ends
    std::vector<token_id> encode(std::string_view) const { return {}; }
    std::string decode(std::span<const token_id> ids) const {
        std::string text;
        for (const token_id id : ids) text += id == 0 ? "" : std::to_string(id) + " ";
        return text;
    }
    std::vector<token_id> end_ids() const { return {0}; }
    std::int64_t vocabulary_size() const { return 31; }
};
/// On a decoder, at another temperature and cut to the likeliest tokens: the log-probs are the model's still.
template <class Tensor>
struct decoder_case {
    static decoder<Tensor> model() { return test::small_model<Tensor>(64, 0.5); }
    static auto make() {
        return autoregressive_sampler{number_tokenizer{}, {.temperature = 0.7, .top_k = 9, .max_new_tokens = 12}};
    }
    static std::vector<prompt> prompts() { return two_prompts(); }
    static constexpr double tolerance = std::is_same_v<Tensor, cpu<float>> ? 1e-5 : 5e-2;
};
/// One that gives what it is told to.
struct scripted_case {
    static bandit model() { return bandit{{0.3F, -0.2F, 0.1F}}; }
    static auto make() { return scripted_sampler{arm_tokenizer{3}, {{0, 1}, {2}, {1, 1, 1}}}; }
    static std::vector<prompt> prompts() { return two_prompts(); }
    static constexpr bool random = false;
};
const std::array registered{
    register_laws("sampler_laws/bandit", sampler_laws::all<bandit_case>()),
    register_laws("sampler_laws/decoder_float", sampler_laws::all<decoder_case<cpu<float>>>()),
    register_laws("sampler_laws/decoder_bfloat16", sampler_laws::all<decoder_case<cpu<at::BFloat16>>>()),
    register_laws("sampler_laws/scripted", sampler_laws::all<scripted_case>())};

/// The sampler of the bandit, with a defect each.
enum class defect {
    turns_the_order,
    drops_one,
    invents_a_token,
    forgets_a_log_prob,
    tells_another_log_prob,
    depends_on_the_batch,
    ignores_the_seed
};

template <defect Defect>
struct broken_sampler {
    std::vector<rollout_group> sample(const bandit& model, std::span<const prompt> prompts, std::int64_t group_size,
                                      random_key key) {
        if (Defect == defect::depends_on_the_batch) key.step += prompts.size();
        if (Defect == defect::ignores_the_seed) key.seed = 0;
        auto groups = bandit_case::make().sample(model, prompts, group_size, key);
        if (Defect == defect::turns_the_order) std::ranges::reverse(groups);
        for (rollout_group& group : groups) {
            if (Defect == defect::drops_one) group.completions.pop_back();
            completion& first = group.completions.front();
            if (Defect == defect::invents_a_token) first.ids.back() = 3;
            if (Defect == defect::forgets_a_log_prob) first.log_probs.pop_back();
            if (Defect == defect::tells_another_log_prob) first.log_probs.back() += 0.01F;
        }
        return groups;
    }
};
template <defect Defect>
struct broken : bandit_case {
    static broken_sampler<Defect> make() { return {}; }
};

TEST(sampler_laws, each_is_needed) {
    namespace laws = sampler_laws;
    test::expect_a_mutant_for_each_law(
        laws::all<bandit_case>(),
        {test::mutant_of("gives_a_group_for_each_prompt_in_order", laws::all<broken<defect::turns_the_order>>()),
         test::mutant_of("fills_each_group", laws::all<broken<defect::drops_one>>()),
         test::mutant_of("says_tokens_of_the_vocabulary", laws::all<broken<defect::invents_a_token>>()),
         test::mutant_of("gives_a_log_prob_for_each_token", laws::all<broken<defect::forgets_a_log_prob>>()),
         test::mutant_of("tells_the_models_log_probs", laws::all<broken<defect::tells_another_log_prob>>()),
         test::mutant_of("depends_on_the_key_alone", laws::all<broken<defect::depends_on_the_batch>>()),
         test::mutant_of("listens_to_the_seed", laws::all<broken<defect::ignores_the_seed>>())});
}

}  // namespace
}  // namespace aha::testing
