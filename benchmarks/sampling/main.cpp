// What cutting off the tail of the distribution costs in a whole decode: so many completions side by side, plain and
// with each rule in turns, on one thread unless told otherwise. Prints a line of JSON: seconds of the fastest round of
// each, and their ratios to plain. On one thread they are seconds of the processor, so that another program beside it
// does not count.
#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <ctime>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/resources.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/pretrained/pretrained.hpp>

namespace {

/// No token ends a completion, and nobody reads it: all rounds decode as many tokens.
struct endless_tokenizer {
    std::vector<aha::token_id> encode(std::string_view) const { return {}; }
    std::string decode(std::span<const aha::token_id>) const { return {}; }
    std::vector<aha::token_id> end_ids() const { return {}; }
};

/// Seconds of `work`.
template <class Work>
double seconds_of(const Work& work, bool one_thread) {
    const aha::stopwatch time;
    const std::clock_t start = std::clock();
    work();
    return one_thread ? static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC : time.seconds();
}

struct options {
    std::string model = "smollm2", precision = "fp32";
    std::int64_t rows = 64, tokens = 24, rounds = 3;
    int threads = 1;
    double temperature = 1;
};

template <class Tensor>
int measure(const options& o) {
    const auto source = aha::load_decoder<Tensor>(o.model);
    aha::prompt asked;
    asked.ids = source.tokenizer.encode("The capital of France is Paris. The largest city of the world is");
    const std::vector<std::pair<std::string, aha::sampling_options>> rules{
        {"plain", {.temperature = o.temperature, .max_new_tokens = o.tokens}},
        {"top_p_0.95", {.temperature = o.temperature, .top_p = 0.95, .max_new_tokens = o.tokens}},
        {"min_p_0.05", {.temperature = o.temperature, .min_p = 0.05, .max_new_tokens = o.tokens}},
        {"top_k_50", {.temperature = o.temperature, .top_k = 50, .max_new_tokens = o.tokens}}};
    std::vector<double> fastest(rules.size(), 1e300);
    for (std::int64_t round = 0; round < o.rounds; ++round)
        for (std::size_t r = 0; r < rules.size(); ++r) {
            const aha::autoregressive_sampler sampler{endless_tokenizer{}, rules[r].second, o.rows};
            const aha::random_key key{.seed = static_cast<std::uint64_t>(round)};
            const double seconds = seconds_of(
                [&] {
                    sampler.sample(source.model, std::span{&asked, 1}, o.rows, key);
                },
                o.threads == 1);
            fastest[r] = std::min(fastest[r], seconds);
        }
    nlohmann::ordered_json line = {
        {"model", o.model},   {"precision", o.precision},         {"rows", o.rows},
        {"tokens", o.tokens}, {"threads", at::get_num_threads()}, {"temperature", o.temperature}};
    for (std::size_t r = 0; r < rules.size(); ++r) line[rules[r].first + "_s"] = fastest[r];
    for (std::size_t r = 1; r < rules.size(); ++r) line[rules[r].first + "/plain"] = fastest[r] / fastest[0];
    std::cout << line.dump() << std::endl;
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Seconds of decoding with top-p, min-p and top-k beside plain sampling"};
    options o;
    app.add_option("--model", o.model, "Hugging Face folder, GGUF file, or smollm2")->capture_default_str();
    app.add_option("--precision", o.precision, "fp32 or bf16")
        ->check(CLI::IsMember({"fp32", "bf16"}))
        ->capture_default_str();
    app.add_option("--rows", o.rows, "completions side by side")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--tokens", o.tokens, "of each completion")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--rounds", o.rounds, "the fastest counts")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--threads", o.threads)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--temperature", o.temperature)->check(CLI::PositiveNumber)->capture_default_str();
    CLI11_PARSE(app, count, arguments);
    aha::keep_freed_memory();
    at::set_num_threads(o.threads);
    try {
        return o.precision == "bf16" ? measure<aha::cpu<aha::bfloat16>>(o) : measure<aha::cpu<float>>(o);
    } catch (const std::exception& wrong) {
        std::cerr << "error: " << wrong.what() << '\n';
        return 1;
    }
}
