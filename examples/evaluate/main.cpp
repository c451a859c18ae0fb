// Accuracy of a model on a JSON-lines task or on a public data set's file, R1's protocol: several samples a problem at
// temperature 0.6 and top-p 0.95; pass@1 is the mean over samples, pass@k the unbiased estimate, majority@k the vote of
// all samples.
#include <aha/data/task_rows.hpp>
#include <aha/files/atomic_file.hpp>
#include <aha/reward/accuracy.hpp>
#include <aha/reward/code/code_reward.hpp>
#include <aha/reward/oracle_answer.hpp>
#include <aha/text/r1_template.hpp>
#include <aha/train/evaluate.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <examples/support/program.hpp>
#include <examples/support/prompt_file.hpp>

namespace {

struct options {
    std::string model, in, out, task, field = "answer", source = "last-integer", ask = "plain";
    aha::evaluate_options evaluate{.step = 0};
    aha::prompt_limits limits;
    example::machine_options machine;

    void add_to(CLI::App& app) {
        app.add_option("--model", model, "Hugging Face folder, GGUF file, or smollm2")->required();
        app.add_option("--in", in, "JSON lines with \"prompt\" and the answer")->required();
        app.add_option("--out", out, "JSON lines with every sample and whether it is right");
        app.add_option("--task", task,
                       "the data set whose rows these are: how they ask and what is right; programs run in a sandbox")
            ->check(CLI::IsMember({"gsm8k", "math", "reasoning-gym", "human-eval", "mbpp", "apps"}));
        app.add_option("--field", field, "field that holds the answer")->capture_default_str();
        app.add_option("--answer", source, "where the completion's answer is")
            ->check(CLI::IsMember({"last-integer", "boxed", "answer-tag", "math"}))
            ->capture_default_str();
        app.add_option("--template", ask, "how a text prompt is put: plain, chat or r1")
            ->check(CLI::IsMember({"plain", "chat", "r1"}))
            ->capture_default_str();
        aha::sampling_options& sampling = evaluate.sampling;
        sampling.include_stop_string = true;
        app.add_option("--samples", evaluate.samples, "completions a problem")
            ->check(CLI::PositiveNumber)
            ->capture_default_str();
        app.add_option("--k", evaluate.ks, "k of pass@k")->capture_default_str();
        app.add_option("--max-new-tokens", sampling.max_new_tokens)->capture_default_str();
        app.add_option("--temperature", sampling.temperature)->capture_default_str();
        app.add_option("--top-k", sampling.top_k)->capture_default_str();
        app.add_option("--top-p", sampling.top_p)->capture_default_str();
        app.add_option("--stop", sampling.stop,
                       "strings that end a completion; they stay in its text, where answers are read");
        app.add_option("--seed", evaluate.seed)->capture_default_str();
        app.add_option("--batch", evaluate.batch, "completions decoded side by side")
            ->check(CLI::PositiveNumber)
            ->capture_default_str();
        example::add_to(app, limits);
        machine.add_to(app);
    }

    aha::answer_source where() const {
        return source == "boxed"        ? aha::answer_source::boxed
               : source == "math"       ? aha::answer_source::math
               : source == "answer-tag" ? aha::answer_source::answer_tag
                                        : aha::answer_source::last_integer;
    }
};

/// The question of a task's row, as the chosen template puts it.
template <class Source>
std::function<aha::prompt_text(const aha::json&)> render(const Source& model, const options& o) {
    const aha::task_rows rows = aha::task_rows::named(o.task);
    if (o.ask == "r1")
        return [rows](const aha::json& row) { return aha::prompt_text{aha::r1_template{}(rows.ask(row))}; };
    return aha::task_renderer{rows, o.ask == "chat" ? model.chat : std::nullopt};
}

/// The prompts as the chosen template puts them.
template <class Source>
std::vector<aha::prompt> ask(const Source& model, const options& o) {
    aha::require(o.ask != "chat" || model.chat.has_value(), "--template chat: ", o.model, " has no chat template");
    if (!o.task.empty())
        return example::read_prompts(model, o.in, o.limits, o.evaluate.sampling.max_new_tokens, render(model, o));
    std::vector<aha::prompt> prompts = example::read_prompts(model, o.in, o.limits, o.evaluate.sampling.max_new_tokens);
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
    aha::evaluate_options how = o.evaluate;
    how.each = [&](const aha::rollout_group& group) {
        for (std::size_t n = 0; file && n < group.completions.size(); ++n)
            file->write(nlohmann::ordered_json{{"prompt_index", group.prompt.index},
                                               {"sample_index", n},
                                               {"correct", group.scores[n].value == 1},
                                               {"text", group.completions[n].text},
                                               {"finish_reason", aha::to_string(group.completions[n].finish)}}
                            .dump() +
                        '\n');
    };
    const auto score = [&](const auto& right) { return aha::evaluate(model, prompts, right, how); };
    const aha::evaluation found = [&] {
        if (o.task.empty()) return score(aha::accuracy{.field = o.field, .source = o.where()});
        const aha::task_rows rows = aha::task_rows::named(o.task);
        if (rows.asks_for_program()) return score(aha::code_reward{});
        const std::string field = rows.answer_field(prompts.front().fields);
        if (rows.kind == aha::task_kind::reasoning_gym) return score(aha::oracle_answer{.field = field});
        return score(aha::accuracy{.field = field, .source = aha::answer_source::math});
    }();
    nlohmann::ordered_json result{
        {"problems", found.prompts}, {"samples", found.samples}, {"pass@1", found.mean_reward}};
    for (const auto& [k, share] : found.pass) result["pass@" + std::to_string(k)] = share;
    if (found.majority) result["majority@" + std::to_string(found.samples)] = *found.majority;
    result["mean_length"] = found.mean_length;
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
        o.evaluate.validate();
        return example::with_tensors(o.machine, [&]<class Tensor>() { return evaluate<Tensor>(o); });
    });
}
