// What tests/dist/ranks_test.cpp starts as one or several ranks.
//   ranks_program curves OUT             20 steps of each trainer; the first rank writes curves and weights to OUT
//   ranks_program run FOLDER [FAULT]     a run with checkpoints, gone on with if there are any; FAULT: see below
//   ranks_program sift FOLDER STEPS      rejection sampling to FOLDER/sft.jsonl, likewise; a reward throws and one
//   hangs
#include <ATen/ATen.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <aha/advantage/reinforce_plus_plus.hpp>
#include <aha/core/random.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/dist/gloo.hpp>
#include <aha/dist/sharded.hpp>
#include <aha/io/examples_file.hpp>
#include <aha/io/folder_checkpoints.hpp>
#include <aha/io/metrics_file.hpp>
#include <aha/loss/aggregation/constant_length.hpp>
#include <aha/loss/aggregation/sequence_mean.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/distill.hpp>
#include <aha/train/grpo.hpp>
#include <aha/train/rejection_sampling.hpp>
#include <aha/train/dpo.hpp>
#include <aha/train/reward_trainer.hpp>
#include <aha/train/run_training.hpp>
#include <aha/train/sft.hpp>
#include <aha/model/sharding.hpp>
#include <tests/support/ending_tokenizer.hpp>
#include <tests/support/made_examples.hpp>
#include <tests/support/made_prompts.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::ending_tokenizer;
using aha::test::made_examples;
using aha::test::made_prompts;
using aha::test::small_model;
using nlohmann::json;

constexpr std::int64_t steps = 20;

aha::vector_prompts questions() {
    const auto unequal = [](aha::token_id i) {
        return std::vector<aha::token_id>(1 + static_cast<std::size_t>(i) % 4, i);
    };
    return aha::vector_prompts{made_prompts(10, unequal), {.seed = 4}};
}

const auto even_end = [](const aha::prompt&, const aha::completion& c) {
    return (c.ids.back() % 2 == 0 ? 1.0 : 0.0) + 0.1 * static_cast<double>(c.ids.size());
};

auto sampler() {
    return aha::autoregressive_sampler{ending_tokenizer{{31}}, aha::sampling_options{.max_new_tokens = 5}};
}

std::vector<aha::preference_pair> pairs() {
    std::vector<aha::preference_pair> all;
    for (const aha::supervised_example& one : made_examples(20)) {
        all.push_back({one.index, one.ids, one.ids, 0.1});
        all.back().chosen.push_back(30);
        all.back().rejected.push_back(3);
    }
    return all;
}

template <class Trainer, class Model>
json curve(Trainer& trainer, const Model& model) {
    json lines = json::array();
    for (std::int64_t n = 0; n < steps; ++n) {
        json line = json::object();
        for (const auto& [name, value] : trainer.step().metrics)
            if (name != "seconds" && name != "step_time" && !name.starts_with("time/")) line[name] = value;
        lines.push_back(line);
    }
    const aha::parameters weights = aha::whole_weights(model);
    const at::Tensor& w = weights.values();
    const std::string mine{static_cast<const char*>(w.const_data_ptr()), w.nbytes()};
    for (const std::string& theirs : trainer.communicator().all_gather(mine))
        aha::require(theirs == mine, "two ranks hold different weights");
    return {{"curve", lines},
            {"weights", std::vector<float>(w.const_data_ptr<float>(), w.const_data_ptr<float>() + w.numel())}};
}

/// GRPO on the small model with further policies in its slots.
template <class... Policies>
json learn(const aha::grpo_options& options, Policies... policies) {
    auto model = small_model();
    aha::grpo trainer{model, questions(), even_end, options, sampler(), std::move(policies)...};
    return curve(trainer, model);
}

/// SFT; where `ranks` are given, of a model whose weights are spread over them, in microbatches whose number differs
/// from rank to rank, with weight decay.
template <class Tensor>
json imitate(const std::optional<aha::process_group>& ranks = {}) {
    aha::decoder<Tensor> model = small_model<Tensor>();
    if (ranks) aha::shard_weights(model, *ranks);
    aha::sft trainer{
        model,
        made_examples(40),
        {.batch_size = 7, .learning_rate = 1e-2, .rows = {.epochs = 4}, .microbatch_tokens = ranks ? 16 : 8192},
        aha::adamw{{.weight_decay = ranks ? 0.1 : 0.0}}};
    json run = curve(trainer, model);
    run["evaluation"] = trainer.evaluate(made_examples(9));
    return run;
}

json curves() {
    const aha::grpo_options options{.prompts_per_step = 5, .group_size = 4, .learning_rate = 1e-2, .seed = 2};
    const aha::process_group ranks = aha::join_with_gloo();
    json all;
    all["token_mean"] = learn(options);
    all["sequence_mean"] = learn(options, aha::sequence_mean{});
    all["constant_length"] = learn(options, aha::constant_length{5});
    aha::grpo_options several = options;
    several.minibatches = 2, several.inner_epochs = 2, several.reference_refresh = 7;
    all["reference_and_minibatches"] = learn(several, aha::grpo_loss{{.beta = 0.05}});
    aha::grpo_options filled = options;
    filled.dynamic_sampling = 3, filled.mask_truncated = true;
    all["dynamic_sampling"] = learn(filled);
    all["reinforce_plus_plus"] = learn(options, aha::reinforce_plus_plus{{.beta = 0.05}});
    all["sharded"] = learn(options, aha::sharded{aha::adamw{}, ranks});
    {
        auto model = small_model();
        aha::shard_weights(model, ranks);
        aha::grpo trainer{model, questions(), even_end, several, sampler(), aha::grpo_loss{{.beta = 0.05}}};
        all["sharding"] = curve(trainer, model);
    }
    all["shared_out_sft"] = imitate<aha::cpu<float>>(ranks);
    all["shared_out_sft_bfloat16"] = imitate<aha::cpu<aha::bfloat16>>(ranks);
    {
        const auto model = small_model();
        aha::rejection_sampling sifting{
            model, questions(), even_end, {.samples = 4, .prompts_per_step = 5, .min_reward = 1, .seed = 2}, sampler()};
        json lines = json::array();
        std::vector<float> ids;
        for (std::int64_t n = 0; n < steps; ++n) {
            const aha::step_report report = sifting.step();
            lines.push_back({{"kept", report.metric("kept")}, {"duplicates", report.metric("duplicates")}});
            for (const aha::rollout_group& group : *report.groups)
                for (const aha::completion& c : group.completions) ids.insert(ids.end(), c.ids.begin(), c.ids.end());
        }
        all["rejection_sampling"] = {{"curve", lines}, {"weights", ids}};
    }
    all["sft"] = imitate<aha::cpu<float>>();
    all["sft_bfloat16"] = imitate<aha::cpu<aha::bfloat16>>();
    for (const double on_policy : {0.0, 0.5}) {
        auto model = small_model();
        const auto teacher = small_model(64, 0.3);
        aha::distill trainer{model,
                             teacher,
                             made_examples(40),
                             {.batch_size = 7,
                              .learning_rate = 1e-2,
                              .rows = {.epochs = 4},
                              .on_policy = on_policy,
                              .cross_entropy = 0.1},
                             sampler()};
        all[on_policy > 0 ? "distill_on_policy" : "distill"] = curve(trainer, model);
    }
    for (const bool spread : {false, true}) {
        auto model = small_model();
        if (spread) aha::shard_weights(model, ranks);
        aha::dpo trainer{
            model,
            pairs(),
            {.batch_size = 6, .learning_rate = 1e-3, .epochs = 5, .microbatch_tokens = spread ? 16 : 4096}};
        trainer.set_eval_pairs(pairs());
        trainer.set_reference(small_model(64, 0.3));  // itself would leave the first margins to rounding
        json& run = all[spread ? "dpo_sharding" : "dpo"] = curve(trainer, model);
        run["evaluation"] = trainer.evaluate().margin();
    }
    {
        aha::reward_model model{small_model()};
        aha::reward_trainer trainer{model, pairs(), {.batch_size = 6, .learning_rate = 1e-2, .epochs = 5}};
        all["reward_model"] = curve(trainer, model.body());
        all["reward_model"]["evaluation"] = trainer.evaluate(std::span<const aha::preference_pair>{pairs()}).margin;
    }
    return all;
}

/// Rejection sampling of prompts that are tokens, with a reward that throws for one prompt and hangs for another.
void sift(const fs::path& folder, std::int64_t last) {
    const aha::process_group ranks = aha::join_with_gloo();
    const auto model = small_model(64, 0.5);
    const auto reward = [](const aha::prompt& p, const aha::completion& c) {
        if (p.index == 3) throw aha::error{"no verdict"};
        if (p.index == 8 && c.ids[0] % 4 == 0) std::this_thread::sleep_for(std::chrono::hours{1});
        return even_end(p, c);
    };
    aha::rejection_sampling trainer{
        model,
        questions(),
        reward,
        {.samples = 4, .prompts_per_step = 3, .min_reward = 0.5, .keep_truncated = true, .seed = 2},
        ranks,
        aha::reward_options{.threads = 2, .deadline_seconds = 2, .on_failure = aha::failure_rule::not_applicable},
        sampler()};
    aha::folder_checkpoints checkpoints{folder / "checkpoints"};
    aha::examples_file examples{folder / "sft.jsonl"};
    aha::run_training(trainer, checkpoints, {.steps = last, .checkpoint_every = 2, .resume = true}, examples);
}

/// `fault`: "kill R S" a signal ends rank R in step S, on the first start only; "throw R S" its reward throws; "hang R
/// S" its reward never ends; "pause MS" every reward takes as many milliseconds.
void run(const fs::path& folder, const std::string& fault, int rank, int step, const std::string& layout) {
    const aha::process_group ranks = aha::join_with_gloo({.call_seconds = 5});
    const bool first_start = aha::read_rank_environment().attempt.find_first_not_of("0") == std::string::npos;
    auto model = small_model();
    if (layout == "sharding") aha::shard_weights(model, ranks);
    std::atomic<int> judged{0};
    const aha::grpo_options options{.prompts_per_step = 4, .group_size = 4, .learning_rate = 1e-2, .seed = 2};
    const auto reward = [&](const aha::prompt& p, const aha::completion& c) {
        if (fault == "pause") std::this_thread::sleep_for(std::chrono::milliseconds{rank});
        else if (ranks.rank() == rank &&
                 ++judged > step * options.prompts_per_step * options.group_size / ranks.size()) {
            if (fault == "kill" && first_start) std::raise(SIGKILL);
            if (fault == "throw") throw aha::error{"the verifier is out of disk space"};
            if (fault == "hang") std::this_thread::sleep_for(std::chrono::hours{1});
        }
        return even_end(p, c);
    };
    aha::folder_checkpoints checkpoints{folder / "checkpoints"};
    aha::metrics_file metrics{folder};
    const auto train = [&](auto optimizer) {
        aha::grpo trainer{model, questions(), reward, options, sampler(), std::move(optimizer), ranks};
        aha::run_training(trainer, checkpoints, {.steps = steps, .checkpoint_every = 3, .resume = true}, metrics);
    };
    if (layout == "sharded") train(aha::sharded{aha::adamw{}, ranks});
    else train(aha::adamw{});
    const at::Tensor w = aha::whole_weights(model).values();
    if (ranks.rank() == 0) {
        std::ofstream weights{folder / "weights", std::ios::binary};
        weights.write(reinterpret_cast<const char*>(w.const_data_ptr<float>()),
                      static_cast<std::streamsize>(w.nbytes()));
    }
}

}  // namespace

int main(int count, char** arguments) try {
    at::set_num_threads(1);
    const std::vector<std::string> given{arguments + 1, arguments + count};
    if (given.at(0) == "curves") {
        const json all = curves();
        if (aha::is_first_rank()) std::ofstream{given.at(1)} << all;
    } else if (given.at(0) == "sift") {
        sift(given.at(1), std::stoi(given.at(2)));
    } else {
        const bool layout = given.back().starts_with("shar");
        const bool faulty = given.size() > (layout ? 3U : 2U);
        run(given.at(1), faulty ? given[2] : "", faulty ? std::stoi(given.at(3)) : -1,
            faulty && given.size() > 4 ? std::stoi(given[4]) : 0, layout ? given.back() : "");
    }
    return 0;
} catch (const std::exception& problem) {
    std::cerr << "error: " << problem.what() << std::endl;
    return 1;
}
