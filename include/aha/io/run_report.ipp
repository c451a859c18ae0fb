#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include <aha/io/run_report.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/atomic_file.hpp>
#include <aha/files/set_aside.hpp>
#include <aha/io/report/page.hpp>

namespace aha::detail {

/// What the metrics of a run suggest (bfloat16 products alone make gaps of some tenths), most pressing first; each a
/// sentence with the number. Means are over the last tenth of the steps, at least three.
/// @param steps objects of metrics by TRL's names, in order
inline std::vector<std::string> run_advice(const std::vector<nlohmann::ordered_json>& steps) {
    std::vector<std::string> advice;
    const auto mean = [&](const char* name, std::size_t from, std::size_t to) -> std::optional<double> {
        double sum = 0, count = 0;
        for (std::size_t i = from; i < std::min(to, steps.size()); ++i)
            if (const auto found = steps[i].find(name); found != steps[i].end() && found->is_number()) {
                sum += found->get<double>();
                ++count;
            }
        return count > 0 ? std::optional{sum / count} : std::nullopt;
    };
    if (steps.size() < 3) return advice;
    const std::size_t tail = std::max<std::size_t>(3, steps.size() / 10), from = steps.size() - tail;
    const auto late = [&](const char* name) { return mean(name, from, steps.size()); };
    const auto percent = [](double share) { return std::to_string(std::lround(100 * share)) + " %"; };
    const auto number = [](double value) {
        char text[32];
        std::snprintf(text, sizeof text, "%.3g", value);
        return std::string{text};
    };
    if (const auto gap = late("sampler_gap/max"); gap && *gap > 1)
        advice.push_back(
            "The sampler's log-probs differ from the trainer's by up to " + number(*gap) +
            ": look for a model whose sessions do not agree with its hidden states (language_model_laws).");
    if (const auto cut = late("completions/clipped_ratio"); cut && *cut > 0.2)
        advice.push_back(percent(*cut) +
                         " of the completions are cut off by the token budget: raise max_new_tokens, or "
                         "mask_truncated.");
    if (const auto same = late("frac_reward_zero_std"); same && *same > 0.5)
        advice.push_back(percent(*same) +
                         " of the groups agree with themselves and teach nothing: harder questions, a larger "
                         "group, or more questions a step.");
    if (const auto entropy = late("entropy"); entropy && *entropy < 0.05)
        advice.push_back("Entropy is " + number(*entropy) +
                         " nats: the policy hardly explores any more; a lower rate, a higher "
                         "clip_high or an entropy bonus keep it alive.");
    if (const auto norm = late("grad_norm"), before = mean("grad_norm", 0, from); norm && before && *norm > 5 * *before)
        advice.push_back("The gradient's norm rose from " + number(*before) + " to " + number(*norm) +
                         ": lower the rate.");
    const auto early = mean("reward", 0, tail), now = late("reward");
    if (early && now && steps.size() >= 20 && *now <= *early)
        advice.push_back("The reward went from " + number(*early) + " to " + number(*now) +
                         ": read what it says, and whether any answer of a group is right at all.");
    if (early && now && *now > *early)
        advice.push_back("The reward went from " + number(*early) + " to " + number(*now) + ".");
    if (const auto loss = late("loss"), at_first = mean("loss", 0, tail); !now && loss && at_first)
        advice.push_back("The loss went from " + number(*at_first) + " to " + number(*loss) + ".");
    return advice;
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE void run_report_options::validate() const {
    require(every_seconds >= 0, "every_seconds must be 0 or more, not ", every_seconds);
    require(groups >= 0, "groups must be 0 (none) or more, not ", groups);
    require(tokens > 0, "tokens must be positive, not ", tokens);
}

AHA_INLINE run_report::run_report(const std::filesystem::path& folder, run_report_options options)
    : path_{folder / "report.html"}, options_{std::move(options)} {
    options_.validate();
    name_ = std::filesystem::absolute(folder).lexically_normal().filename().string();
    if (name_.empty()) name_ = "run";
}

AHA_INLINE void run_report::on_start(const run_info& info) {
    std::filesystem::create_directories(path_.parent_path());
    steps_.clear();
    samples_.clear();
    settings_ = info.options;
    total_ = info.total_steps;
    if (!std::filesystem::exists(path_)) return;
    if (info.start_step > 0) go_on_from(info.start_step);
    else detail::set_aside(path_);
}

AHA_INLINE void run_report::on_step(const step_report& report) {
    nlohmann::ordered_json metrics = {{"step", report.step}};
    for (const auto& [name, value] : report.metrics)
        if (name != "step") metrics[name] = value;
    steps_.push_back(std::move(metrics));
    if (report.total_steps > 0) total_ = report.total_steps;
    if (report.groups && options_.groups > 0) {
        const bool last_was_chosen = samples_.empty() || is_chosen(samples_.back()["step"].get<std::int64_t>());
        if (!last_was_chosen) samples_.pop_back();
        samples_.push_back(sample_of(report));
    }
    const auto now = std::chrono::steady_clock::now();
    if (written_ && std::chrono::duration<double>(now - *written_).count() < options_.every_seconds) return;
    write("running");
    written_ = now;
}

AHA_INLINE void run_report::on_end(const run_summary& summary) {
    if (!summary.failure.empty())
        write("ended by an error (" + summary.failure + ")" + (summary.steps > 0 ? ", can be resumed" : ""));
    else if (!summary.stopped.empty())
        write((summary.interrupted ? "interrupted, can be resumed: " : "ended early: ") + summary.stopped);
    else write(summary.interrupted ? "interrupted, can be resumed" : "done");
}

AHA_INLINE nlohmann::ordered_json run_report::sample_of(const step_report& report) const {
    auto groups = nlohmann::ordered_json::array();
    for (const rollout_group& group : *report.groups) {
        if (std::ssize(groups) == options_.groups) break;
        auto completions = nlohmann::ordered_json::array();
        for (std::size_t i = 0; i < group.completions.size(); ++i) completions.push_back(completion_of(group, i));
        groups.push_back({{"prompt", group.prompt.text}, {"completions", std::move(completions)}});
    }
    return {{"step", report.step}, {"groups", std::move(groups)}};
}

AHA_INLINE nlohmann::ordered_json run_report::completion_of(const rollout_group& group, std::size_t i) const {
    const completion& said = group.completions[i];
    nlohmann::ordered_json one = {{"text", said.text}, {"finish", to_string(said.finish)}};
    if (options_.token_text) {
        const std::size_t count = std::min(said.ids.size(), static_cast<std::size_t>(options_.tokens));
        auto texts = nlohmann::ordered_json::array(), log_probs = nlohmann::ordered_json::array();
        for (std::size_t t = 0; t < count; ++t) {
            texts.push_back(options_.token_text(said.ids[t]));
            log_probs.push_back(t < said.log_probs.size() ? std::round(said.log_probs[t] * 1e4F) / 1e4F : 0.0F);
        }
        one["tokens"] = std::move(texts);
        one["log_probs"] = std::move(log_probs);
    }
    if (i < group.scores.size() && group.scores[i].applicable) {
        one["reward"] = group.scores[i].value;
        for (const auto& [name, value] : group.scores[i].parts) one["rewards"][name] = value;
    }
    if (i < group.advantages.size()) one["advantage"] = group.advantages[i];
    return one;
}

AHA_INLINE void run_report::go_on_from(std::int64_t step) {
    std::ifstream in{path_, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const std::size_t begin = text.find(detail::report_data_begin);
    const std::size_t data = begin + detail::report_data_begin.size();
    const std::size_t end = begin == std::string::npos ? begin : text.find(detail::report_data_end, data);
    const auto before = end == std::string::npos
                            ? nlohmann::ordered_json{}
                            : nlohmann::ordered_json::parse(text.substr(data, end - data), nullptr, false);
    require(before.is_object() && before.contains("steps") && before.contains("samples"), path_,
            " is not a report of this run, so it cannot be continued; move it away to begin a new one");
    for (const auto& one : before["steps"])
        if (one.value("step", step + 1) <= step) steps_.push_back(one);
    for (const auto& one : before["samples"])
        if (one.value("step", step + 1) <= step) samples_.push_back(one);
}

AHA_INLINE nlohmann::ordered_json run_report::machine() {
    std::string processor = "unknown";
    std::ifstream info{"/proc/cpuinfo"};
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) {
            processor = line.substr(std::min(line.size(), line.find(':') + 2));
            break;
        }
    const char* const threads = std::getenv("OMP_NUM_THREADS");
    return {{"processor", processor},
            {"cores", std::thread::hardware_concurrency()},
            {"threads", threads == nullptr ? "one a core" : threads},
            {"compiler", __VERSION__}};
}

AHA_INLINE void run_report::write(const std::string& how) const {
    const std::int64_t step = steps_.empty() ? 0 : steps_.back()["step"].get<std::int64_t>();
    std::vector<std::string> advice = detail::run_advice(steps_);
    if (how == "done")
        advice.push_back("Next: examples/run evaluate --model " + (path_.parent_path() / "model").string() +
                         " --in QUESTIONS.jsonl measures it on questions that it has not seen.");
    else if (how != "running") advice.push_back("Next: the same command with --resume goes on from here.");
    const nlohmann::ordered_json all = {{"name", name_},    {"options", settings_}, {"machine", machine()},
                                        {"advice", advice}, {"steps", steps_},      {"samples", samples_}};
    std::string state =
        "step " + std::to_string(step) + (total_ > 0 ? " of " + std::to_string(total_) : "") + ", " + how;
    if (!steps_.empty() && steps_.back().contains("seconds") && steps_.back()["seconds"].is_number())
        state += ", " + std::to_string(std::lround(steps_.back()["seconds"].get<double>())) + " s";
    write_atomically(
        path_,
        detail::report_page(name_, state, all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)));
}

}  // namespace aha
