// Log-probs of given texts: each line of --in is {"text": ...} or {"ids": [...]}; each line of --out is
// {"ids": [...], "log_probs": [...]}, where log_probs[i] is log p(ids[i] | ids[0..i-1]) and the first is null. A text
// begins with the tokenizer's first token, where it has one.
#include <ATen/core/grad_mode.h>
#include <aha/files/atomic_file.hpp>
#include <aha/data/jsonl_reader.hpp>
#include <aha/loss/chunked_log_probs.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <optional>

#include <examples/support/program.hpp>

namespace {

/// Turns lines into tokens. The tokenizer is loaded when a text asks for it: a folder without one can score ids.
class line_reader {
public:
    line_reader(std::string model, std::int64_t vocabulary, std::int64_t context)
        : model_{std::move(model)}, vocabulary_{vocabulary}, context_{context} {}

    /// A line's tokens. `where` is "FILE:LINE".
    std::vector<aha::token_id> ids_of(const aha::json& row, const std::string& where) {
        std::vector<aha::token_id> ids;
        if (row.contains("text") && row["text"].is_string()) {
            if (!tokenizer_) tokenizer_ = aha::load_tokenizer(model_);
            ids = aha::text_tokens(*tokenizer_, row["text"].get<std::string>());
        } else {
            aha::require(row.contains("ids") && row["ids"].is_array(), where,
                         ": neither a \"text\" nor a list \"ids\"");
            for (const aha::json& id : row["ids"]) {
                aha::require(id.is_number_integer(), where, ": ", id.dump(), " in \"ids\" is not an integer");
                ids.push_back(id.get<aha::token_id>());
            }
        }
        for (const aha::token_id id : ids)
            aha::require(id >= 0 && id < vocabulary_, where, ": the id ", id, " is not in [0, ", vocabulary_, ")");
        aha::require(!ids.empty(), where, ": no tokens to score");
        aha::require(static_cast<std::int64_t>(ids.size()) <= context_, where, ": ", ids.size(),
                     " tokens, more than the model's context of ", context_);
        return ids;
    }

private:
    std::string model_;
    std::int64_t vocabulary_, context_;
    std::optional<aha::bpe_tokenizer> tokenizer_;
};

/// A null, then the log-prob of each further token.
template <class Model>
nlohmann::json log_probs_of(const Model& model, const std::vector<aha::token_id>& ids) {
    nlohmann::json all = nlohmann::json::array({nullptr});
    if (ids.size() < 2) return all;
    const at::NoGradGuard no_gradients;
    const aha::token_group text{std::span{ids}.first(1), {std::span{ids}.subspan(1)}};
    const aha::packed_groups packed = aha::pack_groups(std::span{&text, 1}, aha::packing_for(model));
    const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows);
    const at::Tensor scores = aha::compute_log_probs(hidden, model.head(), packed.predictions.targets).log_probs.cpu();
    const float* const values = scores.const_data_ptr<float>();
    for (std::int64_t i = 0; i < scores.numel(); ++i) all.push_back(values[i]);
    return all;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Log-probs of texts under a model"};
    std::string model_path, in, out;
    example::machine_options machine;
    machine.precision = "fp32";
    app.add_option("--model", model_path, "Hugging Face folder, GGUF file, or smollm2")->required();
    app.add_option("--in", in, "JSON lines, {\"text\": ...} or {\"ids\": [...]}")->required();
    app.add_option("--out", out, "JSON lines, {\"ids\": [...], \"log_probs\": [null, ...]}")->required();
    machine.add_to(app);
    return example::run(app, count, arguments, [&] {
        return example::with_tensors(machine, [&]<class Tensor>() {
            aha::jsonl_reader lines{in};
            aha::atomic_file file{out};
            const auto model = aha::load_bare_decoder<Tensor>(model_path);
            line_reader reader{model_path, model.config().vocabulary_size, model.config().longest_text()};
            std::int64_t scored = 0;
            for (; const auto row = lines.next(); ++scored) {
                const std::vector<aha::token_id> ids = reader.ids_of(row->fields, lines.where());
                file.write(nlohmann::json{{"ids", ids}, {"log_probs", log_probs_of(model, ids)}}.dump() + '\n');
            }
            aha::require(scored > 0, in, " holds nothing to score");
            file.commit();
            return 0;
        });
    });
}
