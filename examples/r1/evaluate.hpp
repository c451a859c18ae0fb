#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <iomanip>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/aha.hpp>

#include <examples/support/stages.hpp>

namespace example {

/// Whether an answer to a courtesy is of the kind that the preference pairs prefer: the data's own criterion, not the
/// reward model's opinion.
inline bool is_warm(std::string_view text) {
    for (const std::string_view mark : {"dear", "Dear", "so much", "love to", "very kind", "how nice"})
        if (text.find(mark) != std::string_view::npos) return true;
    return false;
}

/// The columns of the final table, over held-out prompts sampled at temperature 1.
template <class Source>
nlohmann::json evaluate(const Source& source, const stage_options& o, const renderer& render) {
    const aha::autoregressive_sampler sampler{source.tokenizer, until_answered(o)};
    const auto answers = [&](std::vector<aha::prompt> questions) {
        for (aha::prompt& p : questions) p.ids = aha::tokens_of(source, p);
        return sampler.sample(source.model, questions, 1, {o.seed, std::numeric_limits<std::uint64_t>::max(), 0, 0});
    };
    const aha::accuracy accuracy{.source = aha::answer_source::answer_tag};
    const aha::format_reward format;
    const aha::language_consistency<> consistency{{.language = "en"}};
    double right = 0, formed = 0, english = 0, warm = 0, polite = 0;
    nlohmann::json shown = nlohmann::json::array();
    const auto show = [&](const aha::prompt& p, const aha::completion& c) { shown.push_back({p["question"], c.text}); };
    const auto sums = answers(aha::held_out_additions(o.held_out, 7, {.render = render}));
    for (const aha::rollout_group& group : sums) {
        const aha::completion& said = group.completions.front();
        right += accuracy(group.prompt, said) ? 1 : 0;
        formed += format(group.prompt, said) ? 1 : 0;
        english += consistency(group.prompt, said);
        if (shown.size() < 2) show(group.prompt, said);
    }
    const auto others = answers(courtesy_prompts(true, render));
    for (const aha::rollout_group& group : others) {
        const aha::completion& said = group.completions.front();
        warm += is_warm(said.text) ? 1 : 0;
        polite += format(group.prompt, said) ? 1 : 0;
        if (shown.size() < 4) show(group.prompt, said);
    }
    const auto sum_count = static_cast<double>(sums.size()), other_count = static_cast<double>(others.size());
    return {{"accuracy", right / sum_count},
            {"format", (formed + polite) / (sum_count + other_count)},
            {"language", english / sum_count},
            {"preference", warm / other_count},
            {"shown", shown}};
}

/// R1's own table in small: a line a model, the columns of `evaluate`.
inline void print_table(std::ostream& out, const std::vector<std::pair<std::string, nlohmann::json>>& models) {
    constexpr std::array columns{"accuracy", "format", "language", "preference"};
    out << '\n' << std::left << std::setw(10) << "";
    for (const char* column : columns) out << std::right << std::setw(12) << column;
    out << '\n' << std::fixed << std::setprecision(3);
    for (const auto& [name, figures] : models) {
        out << std::left << std::setw(10) << name;
        for (const char* column : columns) out << std::right << std::setw(12) << figures.at(column).get<double>();
        out << '\n';
    }
}

}  // namespace example
