// SmolLM2 learns "What is a + b?" by GRPO, as benchmarks/vs_trl/peer.py has TRL do it: chat template, accuracy alone,
// 8 x 8 completions of at most 20 tokens, learning rate 2e-5, no KL term. Prints a JSON line a step.
#include <aha/data/addition_prompts.hpp>
#include <aha/reward/last_integer.hpp>
#include <aha/train/grpo.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include <examples/support/program.hpp>

namespace {

struct options {
    std::string model = "smollm2";
    std::int64_t steps = 45;
    std::uint64_t seed = 1;
    double until = 0;
    example::machine_options machine;
};

template <class Tensor>
int learn(const options& o) {
    auto model = aha::load_decoder<Tensor>(o.model);
    aha::require(model.chat.has_value(), o.model, " has no chat template");
    const auto ask = [chat = *model.chat](std::string_view question) {
        return chat.render({{"user", std::string{question}}});
    };
    const auto accuracy = [](const aha::prompt& p, const aha::completion& c) {
        return aha::last_integer(c.text) == p["answer"];
    };
    aha::grpo trainer{model,
                      aha::addition_prompts{{.seed = o.seed, .render = ask}},
                      accuracy,
                      {.prompts_per_step = 8, .group_size = 8, .learning_rate = 2e-5, .seed = o.seed},
                      aha::autoregressive_sampler{model.tokenizer, {.max_new_tokens = 20}}};
    std::vector<double> rewards;
    for (const aha::step_report& step : trainer.steps(o.steps)) {
        rewards.push_back(step.metric("reward"));
        std::cout << nlohmann::ordered_json{{"system", "aha"},
                                            {"precision", o.machine.bfloat16() ? "bf16" : "fp32"},
                                            {"seed", o.seed},
                                            {"step", step.step},
                                            {"seconds", std::round(step.metric("seconds") * 100) / 100},
                                            {"reward", rewards.back()},
                                            {"mean_length", step.metric("completions/mean_length")},
                                            {"entropy", step.metric("entropy")}}
                  << std::endl;
        if (o.until > 0 && rewards.size() >= 5 && std::accumulate(rewards.end() - 5, rewards.end(), 0.0) / 5 >= o.until)
            break;
    }
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"SmolLM2 learns to add, a JSON line a step"};
    options o;
    app.add_option("--model", o.model, "Hugging Face folder, GGUF file, or smollm2")->capture_default_str();
    app.add_option("--steps", o.steps)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--seed", o.seed)->capture_default_str();
    app.add_option("--until", o.until, "stop when the mean of the last five rewards reaches it; 0: never")
        ->capture_default_str();
    o.machine.add_to(app);
    return example::run(app, count, arguments, [&] {
        return example::with_tensors(o.machine, [&]<class Tensor>() { return learn<Tensor>(o); });
    });
}
