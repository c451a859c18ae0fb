// Accuracy of a model on a JSON-lines task, R1's protocol: several samples a problem at temperature 0.6 and top-p 0.95;
// pass@1 is the mean over samples, pass@k the unbiased estimate, majority@k the vote of all samples.
#include <aha/files/atomic_file.hpp>
#include <aha/reward/accuracy.hpp>
#include <aha/reward/majority.hpp>
#include <aha/reward/pass_at_k.hpp>
#include <aha/text/r1_template.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <algorithm>
#include <iostream>
#include <map>

#include <examples/support/program.hpp>
#include <examples/support/prompt_file.hpp>

namespace {

struct options {
    std::string model, in, out, field = "answer", source = "last-integer", ask = "plain";
    std::vector<std::int64_t> ks{1};
    std::int64_t samples = 4, batch = 256;
    std::uint64_t seed = 0;
    aha::sampling_options sampling{.temperature = 0.6, .top_p = 0.95, .include_stop_string = true};
    aha::prompt_limits limits;
    example::machine_options machine;

    void add_to(CLI::App& app) {
        app.add_option("--model", model, "Hugging Face folder, GGUF file, or smollm2")->required();
        app.add_option("--in", in, "JSON lines with \"prompt\" and the answer")->required();
        app.add_option("--out", out, "JSON lines with every sample and whether it is right");
        app.add_option("--field", field, "field that holds the answer")->capture_default_str();
        app.add_option("--answer", source, "where the completion's answer is")
            ->check(CLI::IsMember({"last-integer", "boxed", "answer-tag"}))
            ->capture_default_str();
        app.add_option("--template", ask, "how a text prompt is put: plain, chat or r1")
            ->check(CLI::IsMember({"plain", "chat", "r1"}))
            ->capture_default_str();
        app.add_option("--samples", samples, "completions a problem")
            ->check(CLI::PositiveNumber)
            ->capture_default_str();
        app.add_option("--k", ks, "k of pass@k")->capture_default_str();
        app.add_option("--max-new-tokens", sampling.max_new_tokens)->capture_default_str();
        app.add_option("--temperature", sampling.temperature)->capture_default_str();
        app.add_option("--top-k", sampling.top_k)->capture_default_str();
        app.add_option("--top-p", sampling.top_p)->capture_default_str();
        app.add_option("--stop", sampling.stop,
                       "strings that end a completion; they stay in its text, where answers are read");
        app.add_option("--seed", seed)->capture_default_str();
        app.add_option("--batch", batch, "completions decoded side by side")
            ->check(CLI::PositiveNumber)
            ->capture_default_str();
        example::add_to(app, limits);
        machine.add_to(app);
    }

    aha::answer_source where() const {
        return source == "boxed"        ? aha::answer_source::boxed
               : source == "answer-tag" ? aha::answer_source::answer_tag
                                        : aha::answer_source::last_integer;
    }
};

/// The answer that a completion gives, as text to vote with.
std::optional<std::string> answer_of(const aha::completion& c, aha::answer_source where) {
    if (where == aha::answer_source::boxed) return aha::last_boxed(c.text);
    if (where == aha::answer_source::answer_tag) return aha::answer_tag(c.text);
    const auto number = aha::last_integer(c.text);
    return number ? std::optional{std::to_string(*number)} : std::nullopt;
}

/// The prompts as the chosen template puts them.
template <class Source>
std::vector<aha::prompt> ask(const Source& model, const options& o) {
    std::vector<aha::prompt> prompts = example::read_prompts(model, o.in, o.limits, o.sampling.max_new_tokens);
    aha::require(o.ask != "chat" || model.chat.has_value(), "--template chat: ", o.model, " has no chat template");
    for (aha::prompt& p : prompts) {
        if (o.ask == "plain" || !p.fields["prompt"].is_string()) continue;
        const auto question = p.fields["prompt"].template get<std::string>();
        p.text = o.ask == "chat" ? model.chat->render({{"user", question}}) : aha::r1_template{}(question);
        p.templated = o.ask == "chat";
        p.ids.clear();
        p.ids = aha::tokens_of(model, p);
    }
    return prompts;
}

template <class Tensor>
int evaluate(const options& o) {
    std::optional<aha::atomic_file> file;
    if (!o.out.empty()) file.emplace(o.out);
    const auto model = aha::load_decoder<Tensor>(o.model);
    example::print_notes(model);
    const std::vector<aha::prompt> prompts = ask(model, o);
    const aha::accuracy right{.field = o.field, .source = o.where()};
    const aha::autoregressive_sampler sampler{model.tokenizer, o.sampling, o.batch};
    std::map<std::int64_t, double> pass;
    double voted = 0, mean = 0, tokens = 0;
    const auto at_once = static_cast<std::size_t>(std::max<std::int64_t>(1, o.batch / o.samples));
    for (std::size_t from = 0; from < prompts.size(); from += at_once) {
        const auto some = std::span{prompts}.subspan(from, std::min(at_once, prompts.size() - from));
        for (const aha::rollout_group& group : sampler.sample(model.model, some, o.samples, {o.seed, 0, 0, 0})) {
            std::int64_t correct = 0;
            std::vector<std::optional<std::string>> answers;
            for (std::size_t n = 0; n < group.completions.size(); ++n) {
                const aha::completion& c = group.completions[n];
                const bool good = right(group.prompt, c);
                correct += good ? 1 : 0;
                tokens += static_cast<double>(c.ids.size());
                answers.push_back(answer_of(c, o.where()));
                if (file)
                    file->write(nlohmann::ordered_json{{"prompt_index", group.prompt.index},
                                                       {"sample_index", n},
                                                       {"correct", good},
                                                       {"text", c.text},
                                                       {"finish_reason", aha::to_string(c.finish)}}
                                    .dump() +
                                '\n');
            }
            mean += static_cast<double>(correct) / static_cast<double>(o.samples);
            for (const std::int64_t k : o.ks) pass[k] += aha::pass_at_k(o.samples, correct, k);
            if (const auto vote = aha::majority(answers)) {
                // The winning answer is judged as a completion that says nothing else would be.
                const auto winner = std::find(answers.begin(), answers.end(), vote);
                voted +=
                    right(group.prompt, group.completions[static_cast<std::size_t>(winner - answers.begin())]) ? 1 : 0;
            }
        }
    }
    const auto problems = static_cast<double>(prompts.size());
    nlohmann::ordered_json result{{"problems", prompts.size()}, {"samples", o.samples}, {"pass@1", mean / problems}};
    for (const auto& [k, sum] : pass) result["pass@" + std::to_string(k)] = sum / problems;
    result["majority@" + std::to_string(o.samples)] = voted / problems;
    result["mean_length"] = tokens / (problems * static_cast<double>(o.samples));
    if (file) file->commit();
    std::cout << result.dump() << std::endl;
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"pass@1, pass@k and majority@k on a JSON-lines task"};
    options o;
    o.add_to(app);
    return example::run(app, count, arguments, [&] {
        o.sampling.validate();
        for (const std::int64_t k : o.ks) aha::pass_at_k(o.samples, 0, k);
        return example::with_tensors(o.machine, [&]<class Tensor>() { return evaluate<Tensor>(o); });
    });
}
