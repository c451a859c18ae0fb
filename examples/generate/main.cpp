// Completions of prompts: each line of --in is {"prompt": text or a list of messages}, with "tools" and
// "chat_template_kwargs" for the chat template where it has them; each line of --out is
// {"prompt_index", "sample_index", "text", "ids", "log_probs", "finish_reason"}, a line a sample, in order.
#include <aha/files/atomic_file.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <algorithm>
#include <iostream>

#include <examples/support/program.hpp>
#include <examples/support/prompt_file.hpp>

int main(int count, char** arguments) {
    CLI::App app{"Sample completions of prompts"};
    std::string model_path, in, out;
    aha::sampling_options sampling;
    std::int64_t samples = 1, batch = 256;
    std::uint64_t seed = 0;
    aha::prompt_limits limits;
    example::machine_options machine;
    app.add_option("--model", model_path, "Hugging Face folder, GGUF file, or smollm2")->required();
    app.add_option("--in", in, "JSON lines, {\"prompt\": text or [{\"role\", \"content\"}, ...]}")->required();
    app.add_option("--out", out, "JSON lines, one a sample")->required();
    app.add_option("--max-new-tokens", sampling.max_new_tokens)->capture_default_str();
    app.add_option("--temperature", sampling.temperature, "0: greedy")->capture_default_str();
    app.add_option("--top-k", sampling.top_k, "0: all")->capture_default_str();
    app.add_option("--top-p", sampling.top_p)->capture_default_str();
    app.add_option("--min-p", sampling.min_p)->capture_default_str();
    app.add_option("--stop", sampling.stop, "strings that end a completion");
    app.add_flag("--include-stop-string", sampling.include_stop_string,
                 "the text ends with the stop string, not before it");
    app.add_option("--samples", samples, "completions per prompt")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--seed", seed)->capture_default_str();
    app.add_option("--batch", batch, "completions decoded side by side")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    example::add_to(app, limits);
    machine.add_to(app);
    return example::run(app, count, arguments, [&] {
        sampling.validate();
        return example::with_tensors(machine, [&]<class Tensor>() {
            aha::atomic_file file{out};
            const auto model = aha::load_decoder<Tensor>(model_path);
            example::print_notes(model);
            const std::vector<aha::prompt> prompts = example::read_prompts(model, in, limits, sampling.max_new_tokens);
            const aha::autoregressive_sampler sampler{model.tokenizer, sampling, batch};
            const auto at_once = static_cast<std::size_t>(std::max<std::int64_t>(1, batch / samples));
            for (std::size_t from = 0; from < prompts.size(); from += at_once) {
                const auto some = std::span{prompts}.subspan(from, std::min(at_once, prompts.size() - from));
                for (const aha::rollout_group& group : sampler.sample(model.model, some, samples, {seed, 0, 0, 0}))
                    for (std::size_t n = 0; n < group.completions.size(); ++n) {
                        const aha::completion& c = group.completions[n];
                        const nlohmann::ordered_json line{{"prompt_index", group.prompt.index},
                                                          {"sample_index", n},
                                                          {"text", c.text},
                                                          {"ids", c.ids},
                                                          {"log_probs", c.log_probs},
                                                          {"finish_reason", aha::to_string(c.finish)}};
                        file.write(line.dump() + '\n');
                    }
            }
            file.commit();
            return 0;
        });
    });
}
