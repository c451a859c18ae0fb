// What a reward that waits (for a compiler, a server) costs a GRPO step: two trainers take turns, one whose reward is
// free and one whose reward sleeps. All completions are equally long, so that the last groups end together and nothing
// hides their rewards: the worst case. Prints one JSON line.
#include <ATen/ops/equal.h>
#include <aha/data/vector_prompts.hpp>
#include <aha/model/decoder.hpp>
#include <aha/model/initialize.hpp>
#include <aha/train/grpo.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <thread>
#include <vector>

#include <aha/testing/symbol_tokenizer.hpp>
#include <examples/support/program.hpp>

namespace {

struct options {
    std::int64_t milliseconds = 200, steps = 6, prompts = 8, group = 8, new_tokens = 64, threads = 64;
    example::machine_options machine;
};

std::vector<aha::prompt> random_prompts(std::int64_t count, std::int64_t vocabulary) {
    std::vector<aha::prompt> prompts(static_cast<std::size_t>(count));
    for (std::int64_t n = 0; n < count; ++n) {
        const aha::random_stream random{{1, 0, static_cast<std::uint64_t>(n), 0}};
        for (std::uint64_t t = 0; t < 16; ++t)
            prompts[static_cast<std::size_t>(n)].ids.push_back(
                static_cast<aha::token_id>(random.below(t, static_cast<std::uint64_t>(vocabulary))));
    }
    return prompts;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

template <class Tensor>
int measure(const options& o) {
    std::vector<std::string> symbols;
    for (int n = 0; n < 8191; ++n) symbols.push_back("w" + std::to_string(n) + " ");
    const aha::testing::symbol_tokenizer tokenizer{symbols};
    aha::decoder_config config;
    config.vocabulary_size = tokenizer.vocabulary_size();
    config.hidden_size = 512;
    config.intermediate_size = 2048;
    config.layers = 8;
    config.heads = 8;
    config.kv_heads = 4;
    config.head_dim = 64;
    config.context = 4096;
    config.tie_embeddings = true;
    const auto trainer = [&](auto& model, std::int64_t milliseconds) {
        const auto reward = [milliseconds](const aha::prompt&, const aha::completion& c) {
            if (milliseconds > 0) std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
            return std::sqrt(static_cast<double>(c.ids.front() % 7));
        };
        return aha::grpo{
            model,
            aha::vector_prompts{random_prompts(o.prompts * (o.steps + 1), config.vocabulary_size)},
            reward,
            {.prompts_per_step = o.prompts, .group_size = o.group, .learning_rate = 1e-5},
            aha::autoregressive_sampler{
                tokenizer,
                {.max_new_tokens = o.new_tokens, .suppress = tokenizer.end_ids(), .min_new_tokens = o.new_tokens}},
            aha::reward_options{.threads = o.threads}};
    };
    aha::decoder<Tensor> one{config}, other{config};
    aha::initialize(one, 0);
    aha::initialize(other, 0);
    auto free = trainer(one, 0), slow = trainer(other, o.milliseconds);
    std::vector<double> free_seconds, slow_seconds;
    for (std::int64_t n = 0; n <= o.steps; ++n) {
        const double a = free.step().metric("step_time"), b = slow.step().metric("step_time");
        if (n == 0) continue;  // it warms up
        free_seconds.push_back(a), slow_seconds.push_back(b);
    }
    const auto rounded = [](double value) { return std::round(value * 1e4) / 1e4; };
    std::cout << nlohmann::ordered_json{{"reward_ms", o.milliseconds},
                                        {"calls_a_step", o.prompts * o.group},
                                        {"reward_threads", o.threads},
                                        {"free_step_s", rounded(median(free_seconds))},
                                        {"slow_step_s", rounded(median(slow_seconds))},
                                        {"ratio", rounded(median(slow_seconds) / median(free_seconds))},
                                        {"same_weights", at::equal(one.weights().values(), other.weights().values())}}
              << std::endl;
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"What a reward that waits costs a GRPO step"};
    options o;
    app.add_option("--milliseconds", o.milliseconds, "that the reward waits")->capture_default_str();
    app.add_option("--steps", o.steps, "steps counted")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--prompts", o.prompts)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--group", o.group)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--new-tokens", o.new_tokens)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--reward-threads", o.threads, "that call the reward")->capture_default_str();
    o.machine.add_to(app);
    return example::run(app, count, arguments, [&] {
        return example::with_tensors(o.machine, [&]<class Tensor>() { return measure<Tensor>(o); });
    });
}
