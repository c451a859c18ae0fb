// A model learns to use a tool: SmolLM2 is shown one call of a calculator that is C++, and GRPO over turns teaches it
// to call it for sums and products that it cannot do by itself.
#include <aha/aha.hpp>
#include <aha/reward/arithmetic_expression.hpp>
#include <aha/rollout/environment/tool_environment.hpp>
#include <iomanip>
#include <iostream>
#include <optional>
#include <string>

#include <examples/support/program.hpp>
#include <examples/support/run_folder.hpp>
#include <examples/support/train_in_folder.hpp>

namespace {

struct options {
    std::string model = "smollm2", out;
    bool resume = false;
    std::int64_t steps = 30, checkpoint_every = 10, held_out = 128;
    aha::grpo_options grpo{.prompts_per_step = 8, .group_size = 8, .learning_rate = 2e-5, .seed = 1};
    example::machine_options machine;

    void add_to(CLI::App& app) {
        app.add_option("--model", model, "Hugging Face folder, GGUF file, or smollm2")->capture_default_str();
        app.add_option("--out", out, "folder of the run; by default the first free one of runs/calculator, ...");
        app.add_flag("--resume", resume, "go on from the newest checkpoint in --out");
        app.add_option("--steps", steps, "steps of the whole run")->capture_default_str();
        app.add_option("--checkpoint-every", checkpoint_every, "steps between checkpoints")->capture_default_str();
        app.add_option("--held-out", held_out, "questions to evaluate on, before and after")
            ->check(CLI::PositiveNumber)
            ->capture_default_str();
        app.add_option("--prompts", grpo.prompts_per_step, "questions a step")->capture_default_str();
        app.add_option("--group", grpo.group_size, "dialogues per question")->capture_default_str();
        app.add_option("--learning-rate", grpo.learning_rate)->capture_default_str();
        app.add_option("--seed", grpo.seed)->capture_default_str();
        machine.add_to(app);
    }
};

//! [tool]
/// A calculator for sums, differences, products and quotients of whole numbers.
aha::tool calculator() {
    return {"calculator",
            "Computes an expression of whole numbers with + - * / and brackets.",
            {{"expression", "string", "what to compute, such as 12 * 30"}},
            [](const aha::json& arguments) {
                const auto read =
                    aha::detail::expression_parser::parse(arguments["expression"].get_ref<const std::string&>());
                aha::require(read.has_value(), "this is no expression");
                aha::require(read->value.has_value(), "this has no value");
                const auto& value = *read->value;
                return std::to_string(value.over) + (value.under == 1 ? "" : "/" + std::to_string(value.under));
            }};
}
//! [tool]

/// "What is 4711 + 815?" and "What is 471 * 81?": what a small model cannot do in its head.
aha::prompt question(std::int64_t index, std::uint64_t seed, bool with_tool) {
    const aha::random_stream random{{seed, 0, static_cast<std::uint64_t>(index), 0}};
    const bool product = random.below(0, 2) == 0;
    const auto number = [&](std::uint64_t n, std::int64_t least, std::int64_t most) {
        return least + static_cast<std::int64_t>(random.below(n, static_cast<std::uint64_t>(most - least + 1)));
    };
    const std::int64_t a = product ? number(1, 100, 999) : number(1, 1000, 9999),
                       b = product ? number(2, 11, 99) : number(2, 1000, 9999);
    const auto user = [](std::string text) { return aha::json{{"role", "user"}, {"content", std::move(text)}}; };
    const auto assistant = [](std::string text) {
        return aha::json{{"role", "assistant"}, {"content", std::move(text)}};
    };
    aha::prompt p;
    p.index = index;
    p.messages = aha::json::array();
    p.messages.push_back(user("What is 127 * 46?"));
    if (with_tool) {
        p.messages.push_back(
            assistant("<tool_call>\n{\"name\": \"calculator\", \"arguments\": {\"expression\": "
                      "\"127 * 46\"}}\n</tool_call>"));
        p.messages.push_back({{"role", "tool"}, {"content", "5842"}});
    }
    p.messages.push_back(assistant("127 * 46 = 5842"));
    p.messages.push_back(user("What is " + std::to_string(a) + (product ? " * " : " + ") + std::to_string(b) + "?"));
    p.fields = {{"answer", product ? a * b : a + b}};
    return p;
}

std::vector<aha::prompt> questions(std::int64_t count, std::uint64_t seed, bool with_tool) {
    std::vector<aha::prompt> all;
    for (std::int64_t n = 0; n < count; ++n) all.push_back(question(n, seed, with_tool));
    return all;
}

/// The last number that the model says at the end is the answer; what the calculator said counts nothing by itself.
double right(const aha::prompt& p, const aha::completion& c) {
    const std::string& last = c.turns.empty() ? c.text : c.turns.back().said;
    return aha::last_integer(last) == p["answer"] ? 1 : 0;
}

template <class Tensor>
int train(const options& o) {
    const example::run_folder run{o.out, "calculator", o.resume};
    auto model = aha::load_decoder<Tensor>(o.model);
    aha::require(model.chat.has_value(), o.model, " has no chat template, so nothing can be written between its turns");
    std::cout << "model " << o.model << ", " << o.machine.describe() << ", run folder " << run.path().string()
              << std::endl;
    run.remember_model(o.model);

    const auto speaker = [&](double temperature) {
        return aha::turn_sampler{model.tokenizer,
                                 aha::tool_environment<>{{calculator()}},
                                 {.temperature = temperature, .max_new_tokens = 48},
                                 {.max_turns = 4},
                                 aha::chat_turns{*model.chat}};
    };
    constexpr std::uint64_t held_out_seed = 99;
    const auto accuracy = [&](const auto& sampler, bool with_tool) {
        return aha::evaluate_sampler(model, questions(o.held_out, held_out_seed, with_tool), right, sampler)
            .mean_reward;
    };
    const auto alone = [&](double temperature) {
        return aha::autoregressive_sampler{model.tokenizer, {.temperature = temperature, .max_new_tokens = 24}};
    };
    struct figures {
        double alone, greedy, sampled;
    };
    const auto measure = [&] {
        return figures{accuracy(alone(0), false), accuracy(speaker(0), true), accuracy(speaker(1), true)};
    };
    const figures before = measure();

    aha::grpo trainer{model, aha::vector_prompts{questions(4096, o.grpo.seed, true), {.seed = o.grpo.seed}}, right,
                      o.grpo, speaker(1)};
    aha::completions_file completions{run.path()};
    aha::run_report report{run.path()};
    const std::optional<aha::run_summary> done =
        example::train_in_folder(run, trainer, o.machine, o.steps, o.checkpoint_every, completions, report);
    if (!done) return example::interrupted_status;
    aha::save_pretrained(model, run.path() / "model");
    const figures after = measure();
    std::cout << done->steps << " steps in " << std::fixed << std::setprecision(0) << done->seconds
              << " s; the model is " << (run.path() / "model").string() << "\n\n"
              << o.held_out << " held-out questions, accuracy       before    after\n"
              << std::setprecision(3);
    const auto line = [](const char* name, double a, double b) {
        std::cout << "  " << std::left << std::setw(38) << name << std::right << std::setw(8) << a << std::setw(9) << b
                  << '\n';
    };
    line("without the calculator, greedy", before.alone, after.alone);
    line("with it, greedy", before.greedy, after.greedy);
    line("with it, sampled at temperature 1", before.sampled, after.sampled);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"GRPO over turns with a tool: a small model learns to call a calculator"};
    options o;
    o.add_to(app);
    return example::run(app, count, arguments, [&] {
        o.grpo.validate();
        return example::with_tensors(o.machine, [&]<class Tensor>() { return train<Tensor>(o); });
    });
}
