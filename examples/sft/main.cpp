// Supervised fine-tuning on a file of JSON lines: pairs of "prompt" and "completion", or conversations under
// "messages". With a file of R1's own kind, a teacher's answers, this is distillation as the paper does it.
#include <algorithm>
#include <cmath>
#include <iomanip>
#include <fstream>
#include <iostream>
#include <optional>
#include <iterator>
#include <string>

#include <aha/aha.hpp>
#include <aha/data/read_examples.hpp>

#include <examples/support/program.hpp>
#include <examples/support/run_folder.hpp>
#include <examples/support/train_in_folder.hpp>

namespace {

struct options {
    std::string model = "smollm2", in, held_out_file, chat_template, out, loss = "nll";
    double held_out = 0.1;
    bool resume = false, last_turn = false;
    aha::read_options read;
    std::int64_t checkpoint_every = 50;
    aha::sft_options sft{.batch_size = 2, .rows = {.row_tokens = 512, .pack = true, .epochs = 2}};
    example::machine_options machine;

    void add_to(CLI::App& app) {
        app.add_option("--model", model, "Hugging Face folder, GGUF file, or smollm2")->capture_default_str();
        app.add_option("--in", in,
                       "JSON lines to learn; by default those of examples/sft/sums.jsonl beside this program's source");
        app.add_option("--held-out", held_out, "share of the lines, the last ones, kept for the evaluation loss")
            ->check(CLI::Range(0.0, 0.9))
            ->capture_default_str();
        app.add_option("--held-out-file", held_out_file, "or a file of its own for it");
        app.add_option("--chat-template", chat_template,
                       "a chat template (Jinja) in the place of the model's; it is saved with the model");
        app.add_flag("--last-turn", last_turn, "learn the last turn of a conversation alone");
        app.add_flag("--allow-dropped-text", read.rows.allow_dropped_text,
                     "learn conversations of which the template leaves something out, such as thoughts");
        app.add_option("--long-rows", read.long_rows, "what becomes of an example over --row-tokens: refuse, drop, cut")
            ->transform(example::overlong_names())
            ->default_str("refuse");
        app.add_flag("--drop-unusable", read.drop_unusable, "leave out rows that teach nothing, and count them");
        app.add_option("--out", out, "folder of the run; by default the first free one of runs/sft, runs/sft-2, ...");
        app.add_flag("--resume", resume, "go on from the newest checkpoint in --out");
        app.add_option("--loss", loss, "of a token")->check(CLI::IsMember({"nll", "dft"}))->capture_default_str();
        app.add_option("--learning-rate", sft.learning_rate, "peak; falls as a cosine to a tenth")
            ->capture_default_str();
        app.add_option("--warmup", sft.warmup_steps, "steps")->capture_default_str();
        app.add_option("--epochs", sft.rows.epochs)->capture_default_str();
        app.add_option("--batch", sft.batch_size, "rows a step")->capture_default_str();
        app.add_option("--row-tokens", sft.rows.row_tokens, "most tokens of a row")->capture_default_str();
        app.add_flag("!--no-packing", sft.rows.pack, "one example a row");
        app.add_option("--evaluate-every", sft.evaluate_every, "steps; 0: before and after")->capture_default_str();
        app.add_option("--checkpoint-every", checkpoint_every, "steps")->capture_default_str();
        app.add_option("--microbatch-tokens", sft.microbatch_tokens, "most tokens of a pass")->capture_default_str();
        app.add_option("--seed", sft.rows.seed)->capture_default_str();
        machine.add_to(app);
    }
};

/// The examples in `file`; says on standard error what was left out or cut.
template <class Source>
std::vector<aha::supervised_example> read(const Source& source, const std::string& file,
                                          const aha::read_options& options) {
    aha::records_read<aha::supervised_example> all = aha::read_examples(source, file, options);
    if (const std::string said = all.describe(); !said.empty() && aha::is_first_rank())
        std::cerr << file << ": " << all.records.size() << " examples; " << said << '\n';
    return std::move(all.records);
}

/// Trains with `loss` and says what it did to the loss on held-out examples.
template <class Tensor, class Loss>
int train(const options& o, const Loss& loss) {
    const example::run_folder run{o.out, "sft", o.resume};
    auto model = aha::load_decoder<Tensor>(o.model);
    example::print_notes(model);
    if (!o.chat_template.empty()) {
        std::ifstream file{o.chat_template, std::ios::binary};
        std::string text{std::istreambuf_iterator<char>{file}, {}};
        aha::require(file.good(), "cannot read ", o.chat_template);
        model.chat = aha::chat_template{std::move(text), aha::template_variables(model)};
    }
    run.remember_model(o.model, o.chat_template.empty() ? std::nullopt : std::optional{model.chat->source()});
    aha::read_options rows = o.read;
    rows.max_tokens = std::min(o.sft.rows.row_tokens, model.model.context());
    rows.rows.turns = o.last_turn ? aha::learned_turns::last : aha::learned_turns::all;
    std::vector<aha::supervised_example> learned = read(model, o.in, rows), held_out;
    if (!o.held_out_file.empty()) held_out = read(model, o.held_out_file, rows);
    else {
        const auto kept = static_cast<std::ptrdiff_t>(o.held_out * static_cast<double>(learned.size()));
        held_out.assign(learned.end() - kept, learned.end());
        learned.resize(learned.size() - static_cast<std::size_t>(kept));
    }
    const auto count = learned.size();
    aha::sft trainer{model, std::move(learned), o.sft, loss};
    trainer.set_eval_examples(held_out);
    std::cout << "model " << o.model << ", " << o.machine.describe() << ", run folder " << run.path().string() << '\n'
              << count << " examples, " << held_out.size() << " held out, " << trainer.total_steps() << " steps"
              << std::endl;
    const double before = held_out.empty() ? 0 : trainer.evaluate(held_out);

    aha::run_report report{run.path()};
    const std::optional<aha::run_summary> done =
        example::train_in_folder(run, trainer, o.machine, {}, o.checkpoint_every, report);
    if (!done) return example::interrupted_status;
    aha::save_pretrained(model, run.path() / "model");
    std::cout << done->steps << " steps in " << std::fixed << std::setprecision(0) << done->seconds
              << " s; the model is " << (run.path() / "model").string() << '\n';
    if (held_out.empty()) return 0;
    const double after = trainer.evaluate(held_out);
    std::cout << std::setprecision(3) << "loss on " << held_out.size() << " held-out examples: " << before
              << " before, " << after << " after (perplexity " << std::exp(before) << ", " << std::exp(after) << ")\n";
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Supervised fine-tuning on JSON lines"};
    options o;
    o.in = std::filesystem::path{__FILE__}.parent_path() / "sums.jsonl";
    o.add_to(app);
    return example::run(app, count, arguments, [&] {
        o.sft.validate();
        return example::with_tensors(o.machine, [&]<class Tensor>() {
            return o.loss == "dft" ? train<Tensor>(o, aha::dft{}) : train<Tensor>(o, aha::cross_entropy{});
        });
    });
}
