// A Hugging Face folder of a run that has not written its model, or of an earlier step: the weights of a checkpoint
// with the configuration and the tokenizer of the model that the run began with.
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include <aha/io/folder_checkpoints.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <aha/model/sharding.hpp>

#include <examples/support/program.hpp>
#include <examples/support/run_folder.hpp>

namespace {

struct options {
    std::string run, checkpoint, model, out;

    void add_to(CLI::App& app) {
        app.add_option("--run", run, "folder of the run (what it was given as --out)");
        app.add_option("--checkpoint", checkpoint,
                       "of the run, such as step-000040, or the path of one; by default the newest");
        app.add_option("--model", model,
                       "what the run began with: Hugging Face folder, GGUF file, or smollm2; by default what it noted");
        app.add_option("--out", out, "the folder to write")->required();
    }
};

/// Which checkpoint is meant.
struct place {
    std::filesystem::path run;         ///< its run's folder
    std::filesystem::path checkpoint;  ///< its own; empty: the newest
};

place find(const options& o) {
    std::filesystem::path given{o.checkpoint};
    if (o.run.empty()) {
        aha::require(!given.empty(), "give --run, the folder of a run, or --checkpoint, the path of a checkpoint");
        if (!given.has_filename()) given = given.parent_path();  // step-000040/
        given = std::filesystem::absolute(given);
        return {given.parent_path().parent_path(), given};
    }
    aha::require(std::filesystem::is_directory(o.run), "there is no run in ", o.run);
    if (given.empty()) return {o.run, {}};
    return {o.run, given.has_parent_path() ? given : std::filesystem::path{o.run} / "checkpoints" / given};
}

aha::state saved(const place& from) {
    if (from.checkpoint.empty()) {
        const aha::folder_checkpoints all{from.run / "checkpoints"};
        auto newest = all.load_latest();
        aha::require(newest.has_value(), "the run in ", from.run, " has no checkpoint");
        std::cout << "step " << newest->first << '\n';
        return std::move(newest->second);
    }
    return aha::folder_checkpoints{from.checkpoint.parent_path()}.load(from.checkpoint.filename().string());
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Writes a Hugging Face folder from a run's checkpoint"};
    options o;
    o.add_to(app);
    return example::run(app, count, arguments, [&] {
        const place from = find(o);
        const nlohmann::json noted = example::run_folder::remembered(from.run);
        aha::require(!o.model.empty() || !noted.is_null(), from.run,
                     " does not say which model its run began with; give --model");
        const aha::state state = saved(from);
        aha::require(!state.tensors.contains("head"),
                     "the checkpoint is a reward model's, which export does not write");
        auto model = aha::load_decoder<>(o.model.empty() ? noted["model"].get<std::string>() : o.model);
        aha::restore_weights(model.model, state);
        if (noted.contains("chat_template"))
            model.chat = aha::chat_template{noted["chat_template"].get<std::string>(), aha::template_variables(model)};
        aha::save_pretrained(model, o.out);
        std::cout << "wrote " << o.out << '\n';
        return 0;
    });
}
