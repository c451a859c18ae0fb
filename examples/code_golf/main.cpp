// GRPO from programs that run: a model that knows nothing of functions learns to write them in Python from their
// values.
#include <aha/aha.hpp>
#include <iomanip>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <examples/code_golf/golf.hpp>
#include <examples/support/newborn.hpp>
#include <examples/support/program.hpp>
#include <examples/support/run_folder.hpp>
#include <examples/support/train_in_folder.hpp>

namespace {

struct options {
    std::string out;
    bool resume = false;
    std::int64_t steps = 300, layers = 2, width = 64, checkpoint_every = 50, expressions = 20000;
    double sft_rate = 3e-3;
    aha::grpo_options grpo{
        .prompts_per_step = 64, .group_size = 16, .learning_rate = 1e-3, .microbatch_tokens = 16384, .seed = 1};
    aha::grpo_loss_options loss{.entropy_bonus = 0.005};
    example::machine_options machine;

    void add_to(CLI::App& app) {
        app.add_option("--out", out, "folder of the run; by default the first free one of runs/code_golf, ...");
        app.add_flag("--resume", resume, "go on from the newest checkpoint in --out");
        app.add_option("--steps", steps, "steps of GRPO in the whole run")->capture_default_str();
        app.add_option("--checkpoint-every", checkpoint_every, "steps between checkpoints")->capture_default_str();
        app.add_option("--expressions", expressions, "random ones from which the syntax is learned first")
            ->capture_default_str();
        app.add_option("--layers", layers)->capture_default_str();
        app.add_option("--width", width)->capture_default_str();
        app.add_option("--prompts", grpo.prompts_per_step, "functions a step")->capture_default_str();
        app.add_option("--group", grpo.group_size, "programs per function")->capture_default_str();
        app.add_option("--learning-rate", grpo.learning_rate, "of GRPO")->capture_default_str();
        app.add_option("--sft-rate", sft_rate, "of the supervised steps")->capture_default_str();
        app.add_option("--entropy-bonus", loss.entropy_bonus)->capture_default_str();
        app.add_option("--seed", grpo.seed)->capture_default_str();
        machine.add_to(app);
    }
};

/// Teaches the syntax: random expressions behind tasks that they have nothing to do with.
template <class Source>
double teach_syntax(Source& model, const std::vector<aha::prompt>& tasks, const options& o) {
    code_golf::expressions random{{o.grpo.seed, 0, 0, 2}};
    std::vector<aha::supervised_example> examples;
    for (std::int64_t n = 0; n < o.expressions; ++n)
        examples.push_back(
            aha::completion_example(model, tasks[static_cast<std::size_t>(n) % tasks.size()].text, random.next(), n));
    aha::sft trainer{model,
                     std::move(examples),
                     {.batch_size = 64,
                      .learning_rate = o.sft_rate,
                      .warmup_steps = 10,
                      .rows = {.seed = o.grpo.seed},
                      .microbatch_tokens = 16384}};
    double loss = 0;
    for (const aha::step_report& step : trainer.steps(trainer.total_steps())) loss = step.metric("loss");
    return loss;
}

/// What was measured at one time.
struct measured {
    double held_out_greedy, held_out_sampled, training_greedy, training_sampled;
};

template <class Source>
measured measure(const Source& model, const code_golf::task_split& tasks, const code_golf::sandbox_judge& judge,
                 std::int64_t most_words) {
    const auto pass = [&](const std::vector<aha::prompt>& of, double temperature) {
        return aha::evaluate(model, of, judge,
                             {.samples = temperature > 0 ? 8 : 1,
                              .sampling = {.temperature = temperature, .max_new_tokens = most_words}})
            .pass.at(1);
    };
    return {pass(tasks.held_out, 0), pass(tasks.held_out, 1), pass(tasks.training, 0), pass(tasks.training, 1)};
}

template <class Tensor>
int train(const options& o) {
    constexpr std::int64_t most_words = 16;
    const example::run_folder run{o.out, "code_golf", o.resume};
    auto model =
        example::newborn<Tensor>(code_golf::words{}, {.layers = o.layers, .width = o.width, .seed = o.grpo.seed});
    std::cout << "a decoder of " << model.model.weights().values().numel() << " weights, " << o.machine.describe()
              << ", run folder " << run.path().string() << std::endl;

    const code_golf::task_split tasks = code_golf::all_tasks(o.grpo.seed);
    const code_golf::sandbox_judge judge;
    const double loss = teach_syntax(model, tasks.training, o);
    std::cout << "it has read " << o.expressions << " random expressions; their loss is " << std::setprecision(3)
              << loss << std::endl;
    const measured before = measure(model, tasks, judge, most_words);
    //! [trainer]
    aha::grpo trainer{
        model,
        aha::vector_prompts{tasks.training, {.seed = o.grpo.seed}},
        judge,
        o.grpo,
        aha::autoregressive_sampler{model.tokenizer, {.max_new_tokens = most_words}, 512},
        aha::grpo_loss{o.loss},
        aha::warmup_schedule{{.warmup_steps = 10, .total_steps = o.steps, .shape = aha::decay_shape::linear}}};
    //! [trainer]

    aha::completions_file completions{run.path()};
    aha::run_report report{run.path()};
    const std::optional<aha::run_summary> done =
        example::train_in_folder(run, trainer, o.machine, o.steps, o.checkpoint_every, completions, report);
    if (!done) return example::interrupted_status;
    const measured after = measure(model, tasks, judge, most_words);
    const auto row = [](const char* what, double first, double last) {
        std::cout << what << std::setw(9) << first << std::setw(9) << last << '\n';
    };
    std::cout << done->steps << " steps in " << std::fixed << std::setprecision(0) << done->seconds << " s\n\n"
              << std::setprecision(3) << "programs that pass                  before    after\n";
    row("  held-out functions, greedy       ", before.held_out_greedy, after.held_out_greedy);
    row("  held-out functions, sampled      ", before.held_out_sampled, after.held_out_sampled);
    row("  training functions, greedy       ", before.training_greedy, after.training_greedy);
    row("  training functions, sampled      ", before.training_sampled, after.training_sampled);
    std::cout << judge.judged() << " completions judged, " << judge.runs() << " programs run, " << std::setprecision(1)
              << 1e3 * judge.seconds() / static_cast<double>(judge.runs()) << " ms a run\n";
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Programs in small: GRPO learns from what Python says of expressions, in a sandbox"};
    options o;
    o.add_to(app);
    return example::run(app, count, arguments, [&] {
        o.grpo.validate();
        o.loss.validate();
        return example::with_tensors(o.machine, [&]<class Tensor>() { return train<Tensor>(o); });
    });
}
