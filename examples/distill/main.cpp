// Distillation beats reinforcement on a small model (DeepSeek-R1, section 4.1): a teacher's right answers teach a
// smaller student by supervised training, the same student learns by RL alone for as long, and both are compared. The
// student is the teacher's base without the layers that it misses least, and has had a cold start of its own.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <string>

#include <aha/aha.hpp>

#include <examples/distill/pruning.hpp>
#include <examples/support/chain.hpp>
#include <examples/support/program.hpp>
#include <examples/support/reasoning_evaluation.hpp>
#include <examples/support/stages.hpp>
#include <examples/support/tasks.hpp>

namespace {

struct options {
    std::string base = "smollm2", teacher, out = "runs/distill";
    std::int64_t layers = 20, teacher_examples = 240, teacher_steps = 16, start_examples = 160, prompts = 1024,
                 samples = 1, held_out = 256;
    double start_rate = 1e-4, student_rate = 1e-4, student_rl_rate = 2e-5;
    example::stage_options stages;
    example::machine_options machine;

    void add_to(CLI::App& app) {
        app.add_option("--model", base, "the base of teacher and student")->capture_default_str();
        app.add_option(
            "--teacher", teacher,
            "model folder that answers \"User: What is a + b?\" in R1's format; by default one is made of the "
            "base, by a cold start and RL");
        app.add_option("--out", out, "folder; what is done there is kept, and gone on with")->capture_default_str();
        app.add_option("--layers", layers, "of the base that the student keeps")->capture_default_str();
        app.add_option("--teacher-examples", teacher_examples, "of the teacher's cold start")->capture_default_str();
        app.add_option("--teacher-steps", teacher_steps, "of the teacher's RL")->capture_default_str();
        app.add_option("--start-examples", start_examples, "of the student's cold start")->capture_default_str();
        app.add_option("--prompts", prompts, "that the teacher answers")->capture_default_str();
        app.add_option("--samples", samples, "answers a prompt")->capture_default_str();
        app.add_option("--start-rate", start_rate)->capture_default_str();
        app.add_option("--student-rate", student_rate, "of the distillation")->capture_default_str();
        app.add_option("--student-rl-rate", student_rl_rate)->capture_default_str();
        app.add_option("--held-out", held_out, "sums to evaluate on")->capture_default_str();
        app.add_option("--seed", stages.seed)->capture_default_str();
        machine.add_to(app);
    }
};

template <class Tensor>
class program {
public:
    program(const options& o, const aha::interrupt_guard& interrupt) : o_{o}, all_{o.out, 8, interrupt} {}

    void run() {
        if (o_.teacher.empty()) make_teacher();
        make_student();
        sample();
        distill_sequences();
        reinforce();
        distill_tokens();
        const double budget = seconds("sampled") + seconds("sequences");
        std::cout << '\n'
                  << o_.held_out << " held-out sums, sampled at temperature 1\n"
                  << std::left << std::setw(34) << "" << std::right << std::setw(10) << "accuracy" << std::setw(10)
                  << "format" << std::setw(10) << "seconds" << '\n';
        line("teacher", teacher(), 0);
        line("student before", model("student"), 0);
        line("student after RL", model("reinforced"), seconds("reinforced"));
        line("student, teacher's answers", model("sequences"), budget);
        line("student, teacher's probabilities", model("tokens"), seconds("sampled") + seconds("tokens"));
        std::cout << "seconds of RL; of sampling from the teacher and supervised training\n";
    }

private:
    using pretrained = aha::pretrained<aha::decoder<Tensor>>;

    void make_teacher() {
        const aha::stage start = all_.begin("cold_start", "the teacher's cold start", {{"model", o_.base}},
                                            {{"examples", o_.teacher_examples}, {"seed", o_.stages.seed}});
        if (!start.done()) {
            example::stage_options s = o_.stages;
            s.cold_start = o_.teacher_examples;
            s.russian = 0;
            pretrained source = load(o_.base);
            auto examples = example::cold_start_examples(source, s, held_out_);
            start.finish(example::fine_tune(all_, start, source, std::move(examples), s));
        }
        const aha::stage rl = all_.begin("teacher", "the teacher's RL", {{"model", model("cold_start")}},
                                         o_.stages.rl(o_.teacher_steps, 1));
        if (rl.done()) return;
        pretrained source = load(model("cold_start"));
        rl.finish(example::reinforce(all_, rl, source, sums(), example::rules(), o_.stages, o_.teacher_steps, 1));
    }

    void make_student() {
        const aha::stage stage =
            all_.begin("student", "a student of " + std::to_string(o_.layers) + " layers", {{"model", o_.base}},
                       {{"layers", o_.layers},
                        {"examples", o_.start_examples},
                        {"learning_rate", o_.start_rate},
                        {"seed", o_.stages.seed}});
        if (stage.done()) return;
        pretrained source = load(o_.base);
        const std::int64_t layers = source.model.config().layers;
        aha::require(o_.layers > 0 && o_.layers < layers, "--layers must be in [1, ", layers - 1, "], not ", o_.layers);
        aha::addition_prompts questions{{.seed = o_.stages.seed + 2, .held_out = held_out_, .render = ask_}};
        std::vector<aha::supervised_example> shown;
        for (std::int64_t n = 0; n < 4; ++n) {
            const aha::prompt asked = *questions.next();
            shown.push_back(aha::completion_example(source, asked.text, example::sum_response(asked, true), n));
        }
        source.model = example::with_layers(source.model, example::layers_to_keep(source.model, o_.layers, shown));
        std::vector<aha::supervised_example> examples;
        for (std::int64_t n = 0; n < o_.start_examples; ++n) {
            const aha::prompt asked = *questions.next();
            examples.push_back(aha::completion_example(source, asked.text, example::sum_response(asked, true), n));
        }
        example::stage_options s = o_.stages;
        s.sft_rate = o_.start_rate;
        stage.finish(example::fine_tune(all_, stage, source, std::move(examples), s));
    }

    void sample() {
        example::stage_options s = o_.stages;
        s.rejection_prompts = o_.prompts;
        s.rejection_samples = o_.samples;
        const aha::stage stage = all_.begin("sampled", "the teacher's answers, right ones kept", {{"model", teacher()}},
                                            {{"prompts", o_.prompts}, {"samples", o_.samples}, {"seed", s.seed}});
        if (stage.done()) return;
        const pretrained source = load(teacher());
        stage.finish(example::sample_and_filter(all_, stage, source, sums(), s));
    }

    void distill_sequences() {
        const aha::stage stage = all_.begin("sequences", "the student learns the teacher's answers",
                                            {{"model", model("student")}, {"examples", examples_file()}},
                                            {{"learning_rate", o_.student_rate}, {"seed", o_.stages.seed}});
        if (stage.done()) return;
        pretrained student = load(model("student"));
        example::stage_options s = o_.stages;
        s.sft_rate = o_.student_rate;
        auto examples = example::sampled_examples(student, examples_file());
        stage.finish(example::fine_tune(all_, stage, student, std::move(examples), s));
    }

    void distill_tokens() {
        const aha::stage stage =
            all_.begin("tokens", "the student learns the teacher's probabilities",
                       {{"model", model("student")}, {"teacher", teacher()}, {"examples", examples_file()}},
                       {{"learning_rate", o_.student_rate}, {"seed", o_.stages.seed}});
        if (stage.done()) return;
        pretrained student = load(model("student"));
        const pretrained source = load(teacher());
        std::vector<aha::supervised_example> examples = example::sampled_examples(student, examples_file());
        const auto rate = example::supervised_rate(std::ssize(examples), o_.stages);
        aha::distill trainer{student,
                             source.model,
                             std::move(examples),
                             {.batch_size = example::batch_of_examples,
                              .learning_rate = o_.student_rate,
                              .rows = {.seed = o_.stages.seed, .epochs = o_.stages.epochs},
                              .seed = o_.stages.seed},
                             rate};
        const double seconds = all_.train(stage, trainer, trainer.total_steps());
        aha::save_pretrained(student, stage.model());
        stage.finish({{"seconds", seconds}});
    }

    /// RL of the student, until it has cost as many seconds as the teacher's answers and learning them.
    void reinforce() {
        const double budget = seconds("sampled") + seconds("sequences");
        const aha::stage stage = all_.begin("reinforced", "the student learns by RL alone, at the same cost",
                                            {{"model", model("student")}, {"cost", all_.folder() / "sequences"}},
                                            {{"learning_rate", o_.student_rl_rate}, {"seed", o_.stages.seed}});
        if (stage.done()) return;
        pretrained student = load(model("student"));
        example::stage_options s = o_.stages;
        s.rl_rate = o_.student_rl_rate;
        stage.finish(example::reinforce_for(all_, stage, student, sums(), example::rules(), s, budget));
    }

    void line(const std::string& name, const std::filesystem::path& folder, double cost) const {
        const pretrained source = load(folder);
        const auto e = example::evaluate(source, aha::held_out_additions(o_.held_out, 7, {.render = ask_}),
                                         example::rules(), example::until_answered(o_.stages), o_.stages.seed, 0);
        std::cout << std::left << std::setw(34) << name << std::right << std::fixed << std::setprecision(3);
        for (const auto& [part, value] : e.means) std::cout << std::setw(10) << value;
        if (cost > 0) std::cout << std::setw(10) << std::setprecision(0) << cost;
        std::cout << std::endl;
    }

    double seconds(const std::string& stage) const {
        return aha::stage{all_.folder(), stage, {}, {}}.figures().at("seconds").template get<double>();
    }
    pretrained load(const std::filesystem::path& folder) const { return aha::load_decoder<Tensor>(folder); }
    std::filesystem::path model(const std::string& stage) const { return all_.folder() / stage / "model"; }
    std::filesystem::path teacher() const {
        return o_.teacher.empty() ? model("teacher") : std::filesystem::path{o_.teacher};
    }
    std::filesystem::path examples_file() const { return all_.folder() / "sampled" / "sft.jsonl"; }
    aha::addition_prompts sums() const {
        return aha::addition_prompts{{.seed = o_.stages.seed, .held_out = held_out_, .render = ask_}};
    }

    options o_;
    example::chain all_;
    example::renderer ask_ = example::plain_template();
    std::vector<aha::prompt> held_out_ = aha::held_out_additions(o_.held_out, 7);
};

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Distillation against RL on the same small student, from a teacher after RL"};
    options o;
    o.add_to(app);
    return example::run(app, count, arguments, [&] {
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
