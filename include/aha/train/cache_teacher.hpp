#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/index_select.h>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <aha/concepts/language_model.hpp>
#include <aha/core/error.hpp>
#include <aha/core/pack_examples.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/io/teacher_cache_writer.hpp>
#include <aha/loss/top_k.hpp>
#include <aha/train/source.hpp>
#include <aha/train/supervised_gradient.hpp>

namespace aha {

/// How `cache_teacher` works.
struct cache_teacher_options {
    std::int64_t k = 64;                    ///< tokens kept of each distribution; the mass of the others is kept as one
    double temperature = 1;                 ///< divides the teacher's logits
    std::int64_t microbatch_tokens = 4096;  ///< most tokens in one forward pass; a memory limit

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(k > 0, "k must be positive, not ", k);
        require(temperature > 0 && std::isfinite(temperature), "temperature must be positive, not ", temperature);
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

/// Asks a teacher once for its answers to all learned tokens of a data set, and keeps them in a file that `distill`
/// reads instead of running the teacher: 8 k + 4 bytes a token.
/// @param teacher a language model, or a `pretrained` one
template <class Teacher>
void cache_teacher(const Teacher& teacher, std::span<const supervised_example> examples,
                   const std::filesystem::path& path, const cache_teacher_options& options = {}) {
    static_assert(require_language_model<model_of_t<Teacher>>());
    options.validate();
    const at::NoGradGuard no_gradients;
    const auto& model = model_of(teacher);
    const lm_head head = model.head();
    teacher_cache_writer writer{
        path, {.k = options.k, .temperature = options.temperature, .vocabulary = head.compute.size(0)}};
    std::vector<const supervised_example*> all;
    for (const supervised_example& example : examples) all.push_back(&example);
    for (const auto& part : plan_examples(all, options.microbatch_tokens)) {
        const packed_examples packed = pack_examples(part, model_of_t<Teacher>::tensor_policy::device());
        const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows);
        const top_k_rows top = top_k_of(hidden, head, options.k, {.temperature = options.temperature});
        std::int64_t row = 0;
        for (const supervised_example* const example : part) {
            const std::int64_t n = learned_tokens(*example);
            writer.add(*example,
                       {top.ids.narrow(0, row, n), top.log_probs.narrow(0, row, n), top.tail.narrow(0, row, n)});
            row += n;
        }
    }
    writer.finish();
}

}  // namespace aha
