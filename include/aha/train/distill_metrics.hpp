#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <aha/train/distill_gradient.hpp>
#include <aha/train/distill_options.hpp>
#include <aha/train/student_answers.hpp>

namespace aha {

/// What `distill` reports of a step's losses and of the answers that the student gave itself.
/// @param items of the step
inline std::vector<std::pair<std::string, double>> distill_metrics(const distill_sums& sums,
                                                                   const student_answers& answers, std::size_t items,
                                                                   const distill_options& options) {
    std::vector<std::pair<std::string, double>> metrics{
        {"loss", sums.divergence + options.cross_entropy * sums.cross_entropy}, {"divergence", sums.divergence}};
    if (options.cross_entropy > 0) metrics.emplace_back("cross_entropy", sums.cross_entropy);
    metrics.emplace_back("tokens/trained", sums.tokens);
    metrics.emplace_back("tokens/teacher", sums.teacher_tokens);
    if (options.on_policy > 0) {
        const auto sampled = static_cast<double>(answers.examples.size());
        metrics.emplace_back("on_policy", sampled / static_cast<double>(items));
        metrics.emplace_back("sampled", sampled);
        metrics.emplace_back("from_data", static_cast<double>(items) - sampled);
        if (sampled > 0) metrics.emplace_back("completions/mean_length", static_cast<double>(answers.tokens) / sampled);
    }
    return metrics;
}

}  // namespace aha
