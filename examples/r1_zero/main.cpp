// DeepSeek-R1-Zero in one command: a pretrained model, R1-Zero's template and its two rule rewards, GRPO, nothing else.
// The questions are "What is a + b?"; the template holds one worked example, since a model this small never finds the
// format by itself (without one it appears in none of 64 answers).
#include <aha/aha.hpp>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <optional>
#include <string>

#include <examples/support/program.hpp>
#include <examples/support/reasoning_evaluation.hpp>
#include <examples/support/run_folder.hpp>
#include <examples/support/train_in_folder.hpp>

namespace {

struct options {
    std::string model = "smollm2";
    std::string out;
    bool resume = false, checkpoint_activations = false;
    std::int64_t steps = 40, checkpoint_every = 10, held_out = 256, examples = 1, max_new_tokens = 40;
    aha::grpo_options grpo{.seed = 1};
    aha::grpo_loss_options loss;
    aha::schedule_options schedule;
    std::string decay = "constant";
    example::machine_options machine;

    void add_to(CLI::App& app) {
        app.add_option("--model", model, "Hugging Face folder, GGUF file, or smollm2")->capture_default_str();
        app.add_option("--out", out,
                       "folder of the run; by default the first free one of runs/r1_zero, runs/r1_zero-2, ...");
        app.add_flag("--resume", resume, "go on from the newest checkpoint in --out");
        app.add_option("--steps", steps, "steps of the whole run")->capture_default_str();
        app.add_option("--checkpoint-every", checkpoint_every, "steps between checkpoints")->capture_default_str();
        app.add_option("--held-out", held_out, "questions to evaluate on, before and after; 0: none")
            ->capture_default_str();
        app.add_option("--examples", examples, "worked examples in the template, 0 to 3")->capture_default_str();
        app.add_option("--max-new-tokens", max_new_tokens, "token budget of a completion")->capture_default_str();
        app.add_option("--prompts", grpo.prompts_per_step, "questions a step")->capture_default_str();
        app.add_option("--group", grpo.group_size, "completions per question")->capture_default_str();
        app.add_option("--learning-rate", grpo.learning_rate)->capture_default_str();
        app.add_option("--warmup", schedule.warmup_steps, "steps of linear warm-up")->capture_default_str();
        app.add_option("--decay", decay, "course of the learning rate after the warm-up")
            ->check(CLI::IsMember({"constant", "linear", "cosine"}))
            ->capture_default_str();
        app.add_option("--beta", loss.beta, "weight of the KL term")->capture_default_str();
        app.add_option("--entropy-bonus", loss.entropy_bonus, "weight of the entropy of the policy's tokens")
            ->capture_default_str();
        app.add_option("--dynamic-sampling", grpo.dynamic_sampling,
                       "rollouts a step may take to find questions whose answers differ in reward; 0: one")
            ->capture_default_str();
        app.add_option("--clip-low", loss.clip_low)->capture_default_str();
        app.add_option("--clip-high", loss.clip_high)->capture_default_str();
        app.add_option("--minibatches", grpo.minibatches, "optimizer steps a rollout")->capture_default_str();
        app.add_option("--inner-epochs", grpo.inner_epochs, "passes over a rollout")->capture_default_str();
        app.add_option("--reference-refresh", grpo.reference_refresh,
                       "steps after which the KL term's reference is renewed; 0: never")
            ->capture_default_str();
        app.add_option("--microbatch-tokens", grpo.microbatch_tokens, "most tokens of a pass; less memory with fewer")
            ->capture_default_str();
        app.add_flag("--checkpoint-activations", checkpoint_activations,
                     "compute layers again in the backward pass: less memory, a third more arithmetic");
        app.add_option("--seed", grpo.seed)->capture_default_str();
        machine.add_to(app);
    }

    /// The learning rate's course over the whole run.
    aha::schedule_options course() const {
        aha::schedule_options s = schedule;
        s.total_steps = steps;
        s.shape = decay == "linear"   ? aha::decay_shape::linear
                  : decay == "cosine" ? aha::decay_shape::cosine
                                      : aha::decay_shape::constant;
        return s;
    }
};

/// The examples a prompt may contain, shortest first: what the model imitates before it is trained.
std::vector<aha::worked_example> worked_examples(std::int64_t count) {
    const std::vector<aha::worked_example> all{{"What is 12 + 30?", "12 + 30 = 42", "42"},
                                               {"What is 25 + 8?", "25 + 8 = 33", "33"},
                                               {"What is 41 + 17?", "41 + 17 = 58", "58"}};
    aha::require(count >= 0 && count <= std::ssize(all), "--examples must be in [0, ", all.size(), "], not ", count);
    return {all.begin(), all.begin() + count};
}

void print_table(const example::evaluation& before, const example::evaluation& after, const char* title) {
    std::cout << std::left << std::setw(26) << title << std::right << std::setw(8) << "before" << std::setw(8)
              << "after\n";
    const auto line = [](const std::string& name, double a, double b, int digits) {
        std::cout << "  " << std::left << std::setw(24) << name << std::right << std::fixed << std::setprecision(digits)
                  << std::setw(8) << a << std::setw(8) << b << '\n';
    };
    for (std::size_t i = 0; i < before.means.size(); ++i)
        line(before.means[i].first, before.means[i].second, after.means.at(i).second, 3);
    line("tokens", before.mean_length, after.mean_length, 1);
}

void print_completions(const example::evaluation& e, const char* when) {
    std::cout << '\n' << when << ":\n";
    for (const auto& [question, answer] : e.shown)
        std::cout << "  " << question << "  ->  "
                  << nlohmann::json(answer).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

template <class Tensor>
int train(const options& o) {
    const example::run_folder run{o.out, "r1_zero", o.resume};
    std::cout << "model " << o.model << ", " << o.machine.describe() << ", run folder " << run.path().string()
              << std::endl;
    auto model = aha::load_decoder<Tensor>(o.model);
    run.remember_model(o.model);
    model.model.checkpoint_activations(o.checkpoint_activations);

    const aha::r1_template ask{{.examples = worked_examples(o.examples)}};
    aha::addition_prompts_options questions{.seed = o.grpo.seed, .render = ask};
    const std::vector<aha::prompt> held_out = aha::held_out_additions(o.held_out, 7, questions);
    questions.held_out = held_out;

    const auto reward =
        aha::sum_rewards(aha::named("accuracy", aha::accuracy{.source = aha::answer_source::answer_tag}),
                         aha::named("format", aha::format_reward{}));
    const aha::sampling_options plain{.max_new_tokens = o.max_new_tokens,
                                      .stop = {ask.stop_string()},
                                      .include_stop_string = true};  // the rewards look for the closing tag
    aha::sampling_options greedy = plain;
    greedy.temperature = 0;

    aha::grpo trainer{model,
                      aha::addition_prompts{questions},
                      reward,
                      o.grpo,
                      aha::autoregressive_sampler{model.tokenizer, plain},
                      aha::grpo_loss{o.loss},
                      aha::warmup_schedule{o.course()}};

    const auto both = [&] {
        return std::vector{example::evaluate(model, held_out, reward, plain, o.grpo.seed, 3),
                           example::evaluate(model, held_out, reward, greedy, o.grpo.seed, 0)};
    };
    std::vector<example::evaluation> before;
    if (o.held_out > 0) before = run.remember("before.json", both);

    aha::completions_file completions{run.path()};
    //! [report]
    aha::run_report report{run.path(), {.token_text = [&](aha::token_id id) {
                               return model.tokenizer.decode(std::span{&id, 1});
                           }}};
    //! [report]
    const std::optional<aha::run_summary> done =
        example::train_in_folder(run, trainer, o.machine, o.steps, o.checkpoint_every, completions, report);
    if (!done) return example::interrupted_status;
    aha::save_pretrained(model, run.path() / "model");
    std::cout << done->steps << " steps in " << std::fixed << std::setprecision(0) << done->seconds
              << " s; the model is " << (run.path() / "model").string() << "\n\n";
    if (o.held_out > 0) {
        const std::vector<example::evaluation> after = both();
        std::cout << o.held_out << " held-out questions\n";
        print_table(before[0], after[0], "sampled at temperature 1");
        print_table(before[1], after[1], "greedy");
        print_completions(before[0], "before");
        print_completions(after[0], "after");
    }
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"DeepSeek-R1-Zero in small: GRPO with an accuracy and a format reward on a pretrained model"};
    options o;
    o.add_to(app);
    return example::run(app, count, arguments, [&] {
        o.grpo.validate();
        o.loss.validate();
        return example::with_tensors(o.machine, [&]<class Tensor>() { return train<Tensor>(o); });
    });
}
