// Seconds of one GRPO step on a fixed amount of work: random weights, P prompts, a group of G completions of exactly N
// new tokens each (the end token is never drawn), one optimizer step a batch. Prints one JSON line with medians over
// the steps after the first. The preset smollm2 is the real model at "What is a + b?", its completions 20 tokens each.
#include <aha/core/resources.hpp>
#include <aha/data/addition_prompts.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/loss/aggregation/sequence_mean.hpp>
#include <aha/model/initialize.hpp>
#include <aha/train/grpo.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <examples/support/program.hpp>

namespace {

struct preset {
    std::int64_t hidden, layers, heads, kv_heads, feed_forward, vocabulary, prompts, group, new_tokens,
        prompt_tokens = 16;
};

const std::map<std::string, preset>& presets() {
    static const std::map<std::string, preset> all{{"tiny", {128, 4, 4, 2, 512, 512, 8, 8, 64}},
                                                   {"small", {512, 8, 8, 4, 2048, 32768, 4, 8, 64}},
                                                   {"long", {256, 4, 4, 2, 1024, 4096, 4, 8, 256}},
                                                   {"prefix", {256, 4, 4, 2, 1024, 4096, 4, 16, 64, 512}}};
    return all;
}

struct options {
    std::string preset = "tiny", model = "smollm2";
    std::int64_t steps = 6, microbatch_tokens = aha::grpo_options{}.microbatch_tokens;
    double beta = 0;
    bool checkpoint = false;
    std::map<std::string, std::int64_t> changed;  // numbers of the preset, by their option's name
    example::machine_options machine;

    /// The preset with what the command line changed.
    struct preset numbers() const {
        struct preset p = presets().at(preset);
        const auto take = [&](const char* name, std::int64_t& number) {
            if (const auto found = changed.find(name); found != changed.end() && found->second > 0)
                number = found->second;
        };
        take("hidden", p.hidden);
        take("layers", p.layers);
        take("feed-forward", p.feed_forward);
        take("vocabulary", p.vocabulary);
        take("prompts", p.prompts);
        take("group", p.group);
        take("new-tokens", p.new_tokens);
        take("prompt-tokens", p.prompt_tokens);
        aha::require(p.hidden % p.heads == 0, "--hidden must be a multiple of the preset's ", p.heads, " heads, not ",
                     p.hidden);
        return p;
    }
};

/// Words w0, w1, ...: what the random models speak.
struct word_tokenizer {
    std::int64_t words;
    std::vector<aha::token_id> encode(std::string_view text) const {
        std::vector<aha::token_id> ids;
        for (std::size_t at = 0; (at = text.find('w', at)) != std::string_view::npos;)
            ids.push_back(std::stoll(std::string{text.substr(++at)}));
        return ids;
    }
    std::string decode(std::span<const aha::token_id> ids) const {
        std::string text;
        for (const aha::token_id id : ids) text += (text.empty() ? "w" : " w") + std::to_string(id);
        return text;
    }
    std::vector<aha::token_id> end_ids() const { return {1}; }
    std::int64_t vocabulary_size() const { return words; }
};

std::vector<aha::prompt> random_prompts(const preset& p, std::int64_t count) {
    std::vector<aha::prompt> prompts(static_cast<std::size_t>(count));
    for (std::int64_t n = 0; n < count; ++n) {
        const aha::random_stream random{{1, 0, static_cast<std::uint64_t>(n), 0}};
        for (std::int64_t t = 0; t < p.prompt_tokens; ++t)
            prompts[static_cast<std::size_t>(n)].ids.push_back(static_cast<aha::token_id>(
                3 + random.below(static_cast<std::uint64_t>(t), static_cast<std::uint64_t>(p.vocabulary - 3))));
    }
    return prompts;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Even tokens count, later ones more, by roots: cheap, and no completion gets exactly its group's mean, which would
/// spare it the training.
double even_share(const aha::prompt&, const aha::completion& c) {
    double sum = 0;
    for (std::size_t t = 0; t < c.ids.size(); ++t)
        if (c.ids[t] % 2 == 0) sum += std::sqrt(static_cast<double>(t + 1));
    return sum / static_cast<double>(c.ids.size());
}

/// Steps the trainer and prints the medians; the first step warms up and does not count.
template <class Trainer>
int measure(Trainer& trainer, const aha::parameters& weights, const options& o) {
    const at::Tensor before = weights.values().narrow(0, 0, 1 << 14).clone();
    std::vector<double> generate, train, step, rates, step_rates;
    double trained = 0, sampled = 0, loss = 0;
    for (std::int64_t n = 0; n <= o.steps; ++n) {
        const aha::step_report report = trainer.step();
        if (n == 0) continue;
        double tokens = 0;
        for (const aha::rollout_group& group : *report.groups)
            for (const aha::completion& c : group.completions) tokens += static_cast<double>(c.ids.size());
        generate.push_back(report.metric("time/rollout"));
        step.push_back(report.metric("step_time"));
        train.push_back(step.back() - generate.back());
        rates.push_back(tokens / generate.back());
        step_rates.push_back(tokens / step.back());
        sampled += tokens;
        trained += report.metric("tokens/trained");
        loss = report.metric("loss");
    }
    const double moved = (weights.values().narrow(0, 0, 1 << 14) - before).abs().max().item<double>();
    const auto rounded = [](double value, double parts) { return std::round(value * parts) / parts; };
    std::cout << nlohmann::ordered_json{{"system", "aha"},
                                        {"preset", o.preset},
                                        {"threads", at::get_num_threads()},
                                        {"precision", o.machine.bfloat16() ? "bf16" : "fp32"},
                                        {"beta", o.beta},
                                        {"steps_counted", o.steps},
                                        {"generate_s", rounded(median(generate), 1e4)},
                                        {"train_s", rounded(median(train), 1e4)},
                                        {"step_s", rounded(median(step), 1e4)},
                                        {"generate_tokens_per_s", rounded(median(rates), 10)},
                                        {"step_tokens_per_s", rounded(median(step_rates), 10)},
                                        {"tokens_sampled", sampled},
                                        {"tokens_trained", trained},
                                        {"updates", o.steps},
                                        {"loss", loss},
                                        {"weights_moved", moved},
                                        {"peak_resident_mib", rounded(aha::peak_resident_mib(), 10)}}
              << std::endl;
    return 0;
}

template <class Tensor>
int run_random(const options& o) {
    const preset p = o.numbers();
    aha::decoder_config config;
    config.architecture = "qwen2";
    config.vocabulary_size = p.vocabulary;
    config.hidden_size = p.hidden;
    config.intermediate_size = p.feed_forward;
    config.layers = p.layers;
    config.heads = p.heads;
    config.kv_heads = p.kv_heads;
    config.head_dim = p.hidden / p.heads;
    config.context = 4096;
    config.tie_embeddings = true;
    config.attention_bias = true;
    aha::decoder<Tensor> model{config};
    aha::initialize(model, 0);
    model.checkpoint_activations(o.checkpoint);
    aha::autoregressive_sampler sampler{
        word_tokenizer{p.vocabulary},
        {.max_new_tokens = p.new_tokens, .suppress = {0, 1}, .min_new_tokens = p.new_tokens}};
    aha::grpo trainer{model,
                      aha::vector_prompts{random_prompts(p, p.prompts * (o.steps + 1))},
                      even_share,
                      {.prompts_per_step = p.prompts,
                       .group_size = p.group,
                       .learning_rate = 1e-5,
                       .microbatch_tokens = o.microbatch_tokens},
                      std::move(sampler),
                      aha::sequence_mean{},
                      aha::grpo_loss{{.beta = o.beta}}};
    return measure(trainer, model.weights(), o);
}

template <class Tensor>
int run_smollm2(const options& o) {
    auto model = aha::load_decoder<Tensor>(o.model);
    aha::require(model.chat.has_value(), o.model, " has no chat template");
    model.model.checkpoint_activations(o.checkpoint);
    const auto ask = [chat = *model.chat](std::string_view question) {
        return chat.render({{"user", std::string{question}}});
    };
    const auto ends = model.tokenizer.end_ids();
    aha::grpo trainer{
        model,
        aha::addition_prompts{{.render = ask}},
        even_share,
        {.prompts_per_step = 8, .group_size = 8, .learning_rate = 2e-5, .microbatch_tokens = o.microbatch_tokens},
        aha::autoregressive_sampler{
            model.tokenizer, {.max_new_tokens = 20, .suppress = {ends.begin(), ends.end()}, .min_new_tokens = 20}},
        aha::grpo_loss{{.beta = o.beta}}};
    return measure(trainer, model.model.weights(), o);
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Seconds of a GRPO step"};
    options o;
    app.add_option("--preset", o.preset)
        ->check(CLI::IsMember({"tiny", "small", "long", "prefix", "smollm2"}))
        ->capture_default_str();
    app.add_option("--steps", o.steps, "steps counted")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--beta", o.beta, "weight of the KL term")->capture_default_str();
    app.add_option("--model", o.model, "the model of the preset smollm2")->capture_default_str();
    app.add_flag("--checkpoint", o.checkpoint, "compute activations again in the backward pass");
    app.add_option("--microbatch-tokens", o.microbatch_tokens, "most tokens of a pass")->capture_default_str();
    for (const char* name :
         {"hidden", "layers", "feed-forward", "vocabulary", "prompts", "group", "new-tokens", "prompt-tokens"})
        app.add_option("--" + std::string{name}, o.changed[name], "instead of the preset's")
            ->check(CLI::PositiveNumber);
    o.machine.add_to(app);
    return example::run(app, count, arguments, [&] {
        return example::with_tensors(o.machine, [&]<class Tensor>() {
            return o.preset == "smollm2" ? run_smollm2<Tensor>(o) : run_random<Tensor>(o);
        });
    });
}
