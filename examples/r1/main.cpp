// DeepSeek-R1's whole chain in one command (DeepSeek-R1, section 2.3; docs/r1.md says what it shows): R1-Zero; cold
// start; reasoning RL with a language reward; rejection sampling and supervised training from the base again; RL for
// all scenarios with rules and, in its last part, a reward model. Each stage is a folder that a later run finds done.
#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/aha.hpp>

#include <examples/r1/evaluate.hpp>
#include <examples/r1/preferences.hpp>
#include <examples/support/chain.hpp>
#include <examples/support/program.hpp>
#include <examples/support/stages.hpp>
#include <examples/support/tasks.hpp>

namespace {

using path = std::filesystem::path;

/// The stages that make a model, which a model of the user's can replace.
constexpr std::array<std::string_view, 7> with_models{"zero", "dev1", "dev2", "dev3", "reward", "rules", "r1"};

struct options {
    std::string base = "smollm2", out = "runs/r1", only;
    std::map<std::string, std::string> replaced;
    std::vector<std::string> use;
    std::int64_t checkpoint_every = 8;
    example::stage_options stages;
    example::machine_options machine;

    void add_to(CLI::App& app) {
        app.add_option("--model", base, "the base: Hugging Face folder, GGUF file, or smollm2")->capture_default_str();
        app.add_option("--out", out, "folder of the chain; what is done there is kept, and gone on with")
            ->capture_default_str();
        app.add_option("--only", only, "run this stage alone; what it needs must be there")
            ->check(CLI::IsMember({"zero", "dev1", "dev2", "sampled", "dev3", "reward", "rules", "r1"}));
        app.add_option("--use", use, "STAGE=FOLDER: take this model instead of making the stage's");
        app.add_option("--checkpoint-every", checkpoint_every)->capture_default_str();
        app.add_option("--zero-steps", stages.zero_steps, "of R1-Zero")->capture_default_str();
        app.add_option("--dev2-steps", stages.dev2_steps, "of the reasoning RL")->capture_default_str();
        app.add_option("--rules-steps", stages.rules_steps, "of the last RL, with rules alone")->capture_default_str();
        app.add_option("--preference-steps", stages.preference_steps, "and then with the reward model too")
            ->capture_default_str();
        app.add_option("--prompts", stages.prompts, "questions a step")->capture_default_str();
        app.add_option("--group", stages.group, "completions per question")->capture_default_str();
        app.add_option("--cold-start", stages.cold_start, "examples of the cold start")->capture_default_str();
        app.add_option("--russian", stages.russian, "share of them that think in Russian")
            ->check(CLI::Range(0.0, 1.0))
            ->capture_default_str();
        app.add_option("--rejection-prompts", stages.rejection_prompts)->capture_default_str();
        app.add_option("--rejection-samples", stages.rejection_samples)->capture_default_str();
        app.add_option("--general", stages.general, "general examples of the second supervised stage")
            ->capture_default_str();
        app.add_option("--epochs", stages.epochs, "of the supervised stages")->capture_default_str();
        app.add_option("--rl-rate", stages.rl_rate)->capture_default_str();
        app.add_option("--sft-rate", stages.sft_rate)->capture_default_str();
        app.add_option("--rm-rate", stages.rm_rate)->capture_default_str();
        app.add_option("--held-out", stages.held_out, "sums to evaluate on")->capture_default_str();
        app.add_option("--seed", stages.seed)->capture_default_str();
        machine.add_to(app);
    }

    void read_replacements() {
        for (const std::string& one : use) {
            const auto equals = one.find('=');
            aha::require(equals != std::string::npos && equals > 0, "--use needs STAGE=FOLDER, not ", one);
            replaced[one.substr(0, equals)] = one.substr(equals + 1);
        }
        for (const auto& [stage, folder] : replaced) {
            aha::require(std::ranges::count(with_models, stage) == 1, "--use ", stage,
                         ": no stage of that name makes a model");
            aha::require(std::filesystem::is_directory(folder), "--use ", stage, ": ", folder, " is not a folder");
        }
    }
};

/// The stages in order; each reads the folders of those before.
template <class Tensor>
class program {
public:
    program(const options& o, const aha::interrupt_guard& interrupt)
        : o_{o}, all_{o.out, o.checkpoint_every, interrupt} {}

    void run() {
        evaluate("base", o_.base, few_, {{"model", o_.base}});
        model_stage("zero", "R1-Zero, from the base with rules alone", {{"model", o_.base}}, s_.rl(s_.zero_steps, 1),
                    few_, [&](const aha::stage& stage) {
                        auto model = load(o_.base);
                        return example::reinforce(all_, stage, model, sums(few_), example::rules(), s_, s_.zero_steps,
                                                  1);
                    });
        model_stage("dev1", "cold start, supervised from the base on readable thoughts of mixed language",
                    {{"model", o_.base}}, sft_options({{"cold_start", s_.cold_start}, {"russian", s_.russian}}), plain_,
                    [&](const aha::stage& stage) {
                        auto model = load(o_.base);
                        auto examples = example::cold_start_examples(model, s_, held_out_);
                        return example::fine_tune(all_, stage, model, std::move(examples), s_);
                    });
        model_stage("dev2", "reasoning RL with rules and language consistency", {{"model", model("dev1")}},
                    s_.rl(s_.dev2_steps, 1), plain_, [&](const aha::stage& stage) {
                        auto policy = load(model("dev1"));
                        return example::reinforce(all_, stage, policy, sums(plain_), example::reasoning_reward(), s_,
                                                  s_.dev2_steps, 1);
                    });
        sample_from_dev2();
        model_stage("dev3", "supervised from the base again, on dev2's right answers and general data",
                    {{"model", o_.base}, {"examples", sampled()}}, sft_options({{"general", s_.general}}), plain_,
                    [&](const aha::stage& stage) {
                        auto policy = load(o_.base);
                        auto examples = example::sampled_examples(policy, sampled());
                        for (auto& one : example::general_examples(policy, s_)) examples.push_back(std::move(one));
                        return example::fine_tune(all_, stage, policy, std::move(examples), s_);
                    });
        learn_preferences();
        model_stage(
            "rules", "RL for all scenarios, first with rules and language alone", {{"model", model("dev3")}},
            s_.rl(s_.rules_steps, 0.7), plain_,
            [&](const aha::stage& stage) {
                auto policy = load(model("dev3"));
                return example::reinforce(all_, stage, policy, sums(plain_), example::reasoning_reward(), s_,
                                          s_.rules_steps, 0.7);
            },
            false);
        model_stage("r1", "RL for all scenarios, with courtesies and the reward model",
                    {{"model", model("rules")}, {"reward", model("reward")}}, s_.rl(s_.preference_steps, 0.7), plain_,
                    [&](const aha::stage& stage) {
                        auto policy = load(model("rules"));
                        return example::reinforce(all_, stage, policy, example::all_scenarios(s_, held_out_),
                                                  example::all_scenarios_reward(preference_reward()), s_,
                                                  s_.preference_steps, 0.7);
                    });
        if (!table_.empty()) {
            std::cout << "\nheld-out prompts sampled at temperature 1: " << s_.held_out
                      << " sums (accuracy, language), courtesies (preference), both (format)\n";
            example::print_table(std::cout, table_);
        }
    }

private:
    /// Runs a stage unless it is done, then shows how its model does.
    template <class Body>
    void model_stage(const std::string& name, const std::string& what, const std::map<std::string, path>& inputs,
                     const nlohmann::json& options, const example::renderer& render, Body body, bool shown = true) {
        if (o_.replaced.contains(name)) std::cout << "\n== " << name << ": " << o_.replaced.at(name) << '\n';
        else if (chosen(name)) {
            const aha::stage stage = all_.begin(name, what, inputs, options);
            if (!stage.done()) stage.finish(body(stage));
        }
        if (shown && chosen(name)) evaluate(name, model(name), render, {{"model", model(name)}});
    }

    /// Answers held-out prompts, once a model: remembered as a stage of its own.
    void evaluate(const std::string& name, const path& folder, const example::renderer& render,
                  const std::map<std::string, path>& inputs) {
        if (!chosen(name)) return;
        const aha::stage stage{
            all_.folder() / "evaluation", name, inputs, {{"held_out", s_.held_out}, {"seed", s_.seed}}};
        if (!stage.done()) stage.finish(example::evaluate(load(folder), s_, render));
        const nlohmann::json figures = stage.figures();
        table_.emplace_back(name, figures);
        std::cout << name << ':';
        for (const auto& [column, value] : figures.items())
            if (value.is_number())
                std::cout << "  " << column << ' ' << aha::detail::readable(value.template get<double>());
        std::cout << '\n';
        for (const auto& said : figures.at("shown"))
            std::cout << "  " << said.at(0).template get<std::string>() << "  ->  "
                      << said.at(1).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
        std::cout << std::flush;
    }

    /// R1's rejection sampling: several answers of dev2 to each question; right ones that pass the filters are kept.
    void sample_from_dev2() {
        if (!chosen("sampled")) return;
        const aha::stage stage =
            all_.begin("sampled", "rejection sampling from dev2", {{"model", model("dev2")}},
                       {{"prompts", s_.rejection_prompts}, {"samples", s_.rejection_samples}, {"seed", s_.seed}});
        if (stage.done()) return;
        const auto policy = load(model("dev2"));
        stage.finish(example::sample_and_filter(all_, stage, policy, sums(plain_), s_));
    }

    /// A reward model on dev3, from pairs of courtesies of which the warm one is preferred; it reads the summary alone.
    void learn_preferences() {
        if (!chosen("reward") || o_.replaced.contains("reward")) return;
        const aha::stage stage =
            all_.begin("reward", "a reward model on dev3, from pairs of courtesies", {{"model", model("dev3")}},
                       {{"learning_rate", s_.rm_rate}, {"seed", s_.seed}});
        if (!stage.done()) stage.finish(example::train_judge(all_, stage, load(model("dev3")), s_));
    }

    /// The reward model's opinion of a courtesy's summary.
    auto preference_reward() const { return example::judge_reward(aha::load_reward_model<Tensor>(model("reward"))); }

    aha::pretrained<aha::decoder<Tensor>> load(const path& folder) const { return aha::load_decoder<Tensor>(folder); }
    bool chosen(const std::string& name) const { return o_.only.empty() || o_.only == name; }
    path sampled() const { return all_.folder() / "sampled" / "sft.jsonl"; }
    path model(const std::string& stage) const {
        const auto given = o_.replaced.find(stage);
        return given == o_.replaced.end() ? all_.folder() / stage / "model" : path{given->second};
    }
    aha::addition_prompts sums(const example::renderer& render) const {
        return aha::addition_prompts{{.seed = s_.seed, .held_out = held_out_, .render = render}};
    }
    nlohmann::json sft_options(nlohmann::json more) const {
        more.update({{"learning_rate", s_.sft_rate}, {"epochs", s_.epochs}, {"seed", s_.seed}});
        return more;
    }

    options o_;
    example::stage_options s_ = o_.stages;
    example::chain all_;
    example::renderer few_ = example::zero_template(), plain_ = example::plain_template();
    std::vector<aha::prompt> held_out_ = aha::held_out_additions(s_.held_out, 7);
    std::vector<std::pair<std::string, nlohmann::json>> table_;
};

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"DeepSeek-R1's chain in small: cold start, RL, rejection sampling, SFT, RL with a reward model"};
    options o;
    o.add_to(app);
    return example::run(app, count, arguments, [&] {
        o.read_replacements();
        const aha::interrupt_guard interrupt;
        std::cout << "base " << o.base << ", " << o.machine.describe() << ", folder " << o.out << std::endl;
        try {
            example::with_tensors(o.machine, [&]<class Tensor>() {
                program<Tensor>{o, interrupt}.run();
                return 0;
            });
        } catch (const example::interrupted&) {
            std::cout << "interrupted and saved; the same command goes on\n";
            return 130;
        }
        return 0;
    });
}
