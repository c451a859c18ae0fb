// GRPO over turns: a model that knows nothing learns to find a number from "higher" and "lower".
#include <aha/aha.hpp>
#include <iomanip>
#include <iostream>
#include <optional>
#include <string>

#include <examples/number_game/game.hpp>
#include <examples/support/newborn.hpp>
#include <examples/support/program.hpp>
#include <examples/support/run_folder.hpp>
#include <examples/support/train_in_folder.hpp>

namespace {

struct options {
    std::string out;
    bool resume = false;
    std::int64_t steps = 800, layers = 2, width = 64, checkpoint_every = 50;
    aha::grpo_options grpo{
        .prompts_per_step = 64, .group_size = 16, .learning_rate = 3e-3, .microbatch_tokens = 16384, .seed = 1};
    aha::grpo_loss_options loss{.entropy_bonus = 0.002};
    double discount = 0.5, hints = 1;
    example::machine_options machine;

    void add_to(CLI::App& app) {
        app.add_option("--out", out, "folder of the run; by default the first free one of runs/number_game, ...");
        app.add_flag("--resume", resume, "go on from the newest checkpoint in --out");
        app.add_option("--steps", steps, "steps of the whole run")->capture_default_str();
        app.add_option("--checkpoint-every", checkpoint_every, "steps between checkpoints")->capture_default_str();
        app.add_option("--layers", layers)->capture_default_str();
        app.add_option("--width", width)->capture_default_str();
        app.add_option("--prompts", grpo.prompts_per_step, "numbers to find a step")->capture_default_str();
        app.add_option("--group", grpo.group_size, "games per number")->capture_default_str();
        app.add_option("--learning-rate", grpo.learning_rate)->capture_default_str();
        app.add_option("--entropy-bonus", loss.entropy_bonus)->capture_default_str();
        app.add_option("--discount", discount, "of what comes a turn later")->capture_default_str();
        app.add_option("--hints", hints, "what a bit is worth that a guess gives; 0: a guess costs 1, and that is all")
            ->capture_default_str();
        app.add_option("--seed", grpo.seed)->capture_default_str();
        machine.add_to(app);
    }
};

/// The mean number of guesses over games for every number.
template <class Source, class Sampler>
double mean_guesses(const Source& source, const Sampler& sampler, std::int64_t games_each) {
    std::vector<aha::prompt> prompts;
    for (std::int64_t n = 1; n <= number_game::numbers; ++n) {
        prompts.push_back(number_game::games::game(n));
        prompts.back().ids = source.tokenizer.encode(prompts.back().text);
    }
    double sum = 0, count = 0;
    for (const aha::rollout_group& group : sampler.sample(source.model, prompts, games_each, {99, 0}))
        for (const aha::completion& c : group.completions) sum += number_game::guesses(c), count += 1;
    return sum / count;
}

template <class Tensor>
int train(const options& o) {
    const example::run_folder run{o.out, "number_game", o.resume};
    auto model =
        example::newborn<Tensor>(number_game::words{}, {.layers = o.layers, .width = o.width, .seed = o.grpo.seed});
    std::cout << "a decoder of " << model.model.weights().values().numel() << " weights, " << o.machine.describe()
              << ", run folder " << run.path().string() << std::endl;

    const auto player = [&](double temperature) {
        return aha::turn_sampler{model.tokenizer,
                                 number_game::world{o.hints},
                                 {.temperature = temperature, .max_new_tokens = 2},
                                 {.max_turns = number_game::most_guesses},
                                 aha::plain_turns{},
                                 2048};
    };
    const double sampled_before = mean_guesses(model, player(1), 8), greedy_before = mean_guesses(model, player(0), 1);
    //! [trainer]
    aha::grpo trainer{
        model,
        number_game::games{o.grpo.seed},
        aha::environment_reward{},
        o.grpo,
        player(1),
        aha::turn_returns{{.discount = o.discount}},
        aha::grpo_loss{o.loss},
        aha::warmup_schedule{{.warmup_steps = 10, .total_steps = o.steps, .shape = aha::decay_shape::linear}}};
    //! [trainer]

    aha::completions_file completions{run.path()};
    aha::run_report report{run.path()};
    const std::optional<aha::run_summary> done =
        example::train_in_folder(run, trainer, o.machine, o.steps, o.checkpoint_every, completions, report);
    if (!done) return example::interrupted_status;
    std::cout << done->steps << " steps in " << std::fixed << std::setprecision(0) << done->seconds << " s\n\n"
              << std::setprecision(3) << "guesses, mean over all numbers   before    after   best possible\n"
              << "  sampled at temperature 1     " << std::setw(10) << sampled_before << std::setw(9)
              << mean_guesses(model, player(1), 8) << std::setw(16) << number_game::optimum << '\n'
              << "  greedy                       " << std::setw(10) << greedy_before << std::setw(9)
              << mean_guesses(model, player(0), 1) << std::setw(16) << number_game::optimum << '\n';
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"A game of numbers: GRPO over turns with an environment, from a model that knows nothing"};
    options o;
    o.add_to(app);
    return example::run(app, count, arguments, [&] {
        o.grpo.validate();
        o.loss.validate();
        return example::with_tensors(o.machine, [&]<class Tensor>() { return train<Tensor>(o); });
    });
}
