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
#include <aha/model/pack.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/io/teacher_cache_writer.hpp>
#include <aha/loss/top_k.hpp>
#include <aha/rollout/source.hpp>
#include <aha/update/check_teacher.hpp>
#include <aha/update/supervised_gradient.hpp>

namespace aha {

/// How `cache_teacher` works.
struct cache_teacher_options {
    std::int64_t k = 64;          ///< tokens kept of each distribution; the mass of the others is kept as one
    double temperature = 1;       ///< divides the teacher's logits
    std::int64_t vocabulary = 0;  ///< tokens of the tokenizer: rows of the teacher's head beyond it, which pad
                                  ///< it, get no probability; 0: as many as the tokenizer of a `pretrained`
                                  ///< teacher has, or all rows of a bare one
    std::int64_t microbatch_tokens = 4096;  ///< most tokens in one forward pass; a memory limit

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(k > 0, "k must be positive, not ", k);
        require(temperature > 0 && std::isfinite(temperature), "temperature must be positive, not ", temperature);
        require(vocabulary >= 0, "vocabulary must be 0 (the tokenizer's) or more, not ", vocabulary);
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

namespace detail {

/// Tokens among which a cache shares a teacher's probabilities out. Throws `aha::error` if the teacher has fewer.
/// @param rows of the teacher's head
template <class Teacher>
std::int64_t cached_vocabulary(const Teacher& teacher, std::int64_t rows, const cache_teacher_options& options) {
    std::int64_t vocabulary = options.vocabulary;
    if constexpr (requires { teacher.tokenizer.vocabulary_size(); })
        if (vocabulary == 0) vocabulary = static_cast<std::int64_t>(teacher.tokenizer.vocabulary_size());
    require(vocabulary <= rows, "the vocabulary has ", vocabulary, " tokens, but the teacher's head has only ", rows,
            " rows");
    return vocabulary > 0 ? vocabulary : rows;
}

}  // namespace detail

/// Asks a teacher once for its answers to all loss tokens of a data set, and keeps them in a file that `distill`
/// reads instead of running the teacher: 8 k + 4 bytes a token.
/// @param teacher a language model, or a `pretrained` one
/// Throws `aha::error`, before the teacher is run, for options that make no sense, a vocabulary or `k` larger than the
/// teacher's head, and an example that is longer than its context or holds a token that it does not have.
template <class Teacher>
void cache_teacher(const Teacher& teacher, std::span<const supervised_example> examples,
                   const std::filesystem::path& path, const cache_teacher_options& options = {}) {
    static_assert(require_language_model<model_of_t<Teacher>>());
    options.validate();
    const at::NoGradGuard no_gradients;
    const auto& model = model_of(teacher);
    const lm_head head = model.head();
    const std::int64_t rows = head.compute.size(0), vocabulary = detail::cached_vocabulary(teacher, rows, options);
    check_tokens("teacher", model, examples);
    check_lengths("teacher", model, examples);
    teacher_cache_writer writer{
        path,
        {.k = options.k, .temperature = options.temperature, .vocabulary = vocabulary, .padding = rows - vocabulary}};
    std::vector<const supervised_example*> all;
    for (const supervised_example& example : examples) all.push_back(&example);
    for (const auto& part : plan_examples(all, options.microbatch_tokens)) {
        const packed_examples packed = pack_examples(part, packing_for(model));
        const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows);
        const top_k_rows top =
            top_k_of(hidden, head, options.k, {.temperature = options.temperature, .vocabulary = vocabulary});
        std::int64_t row = 0;
        for (const supervised_example* const example : part) {
            const std::int64_t n = num_loss_tokens(*example);
            writer.add(*example,
                       {top.ids.narrow(0, row, n), top.log_probs.narrow(0, row, n), top.tail.narrow(0, row, n)});
            row += n;
        }
    }
    writer.finish();
}

}  // namespace aha
