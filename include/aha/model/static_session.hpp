#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/drawing.hpp>
#include <aha/core/error.hpp>
#include <aha/core/kernels_namespace.hpp>
#include <aha/core/lm_head.hpp>
#include <aha/kernels/float_product.hpp>
#include <aha/kernels/to_device.hpp>
#include <aha/model/ops/draw_tokens.hpp>
#include <aha/model/ops/static_cache.hpp>
#include <aha/model/ops/static_rows_table.hpp>
#include <aha/model/ops/step_graphs.hpp>
#include <aha/model/pack.hpp>

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// A batch of completions being decoded on a device that nobody waits for: a step draws every row's token from the
/// hidden states before it and computes the next ones, in memory that stays where it is, recorded as a CUDA graph. The
/// host begins the next step while this one runs and reads the tokens one step later. It is the session of GPUs;
/// on the CPU it gives the same completions as `decode_session`, and is slower.
template <class Decoder>
class static_session {
public:
    /// @param max_rows completions at a time
    static_session(const Decoder& model, sampling_params rule, std::int64_t max_rows)
        : model_{&model},
          table_{max_rows, model.config().heads / model.config().kv_heads, device()},
          drawing_{std::move(rule), model.config().vocabulary_size, max_rows, device()},
          graphs_{device()},
          caches_(model.layers_.size()),
          hidden_{at::zeros({max_rows, model.config().hidden_size}, options())} {
        require(max_rows > 0, "a session needs room for at least one row, not ", max_rows);
    }

    /// Completions in the batch.
    std::int64_t rows() const { return table_.rows(); }

    /// Computes prompts and begins completions of each, `rows` in order: as many of each prompt as of the others.
    void admit(std::span<const std::vector<token_id>> prompts, std::span<const sampling_row> rows) {
        const std::int64_t copies = std::ssize(rows) / std::ssize(prompts);
        require(copies * std::ssize(prompts) == std::ssize(rows), "there are ", rows.size(), " rows for ",
                prompts.size(), " prompts");
        const at::NoGradGuard no_gradients;
        graphs_.on_stream([&] {
            const packed_prompts packed = pack_prompts(prompts, device());
            const std::int64_t first_token = room_for_prompts(packed.batch.ids.numel());
            const at::Tensor states =
                model_->run(packed.batch.ids, [&](const auto& attention, std::size_t n, const at::Tensor& x) {
                    return attention.prefill(x, packed, model_->rotary_, caches_[n], first_token);
                });
            const std::int64_t before = table_.rows();
            table_.admit(packed, first_token, copies, rows);
            std::vector<std::int64_t> last;
            for (const segment& prompt : packed.prompts) last.insert(last.end(), std::size_t(copies), prompt.end() - 1);
            hidden_.narrow(0, before, std::ssize(rows)).copy_(states.index_select(0, on_device(last)));
            upload();
        });
    }

    /// Begins a step; at most `max_in_flight` may be begun and not read. A row that has had its room takes no part.
    void step() {
        require(behind_ < max_in_flight, behind_, " steps were begun and not read");
        const at::NoGradGuard no_gradients;
        graphs_.on_stream([&] {
            room_for_completions();
            const static_rows rows = table_.view(caches_.front().keys.size(1));
            const std::int64_t count = rows.alive.size(0);
            graphs_.step({count, rows.prompt_chunks}, [&] {
                const lm_head head = model_->head();
                const at::Tensor hidden = hidden_.narrow(0, 0, count);
                const at::Tensor ids =
                    drawing_.draw(product_in_float(hidden, head.compute, head.blocked), rows.alive, rows.own);
                hidden.copy_(model_->run(ids, [&](const auto& attention, std::size_t n, const at::Tensor& x) {
                    return attention.decode(x, rows, model_->rotary_, caches_[n]);
                }));
                rows.own.add_(rows.alive);
                rows.positions.add_(rows.alive);
            });
            drawing_.send();
        });
        table_.stepped();
        ++behind_;
    }

    static constexpr std::int64_t max_in_flight = 2;  ///< steps that run while the host looks at an earlier one
    /// Steps begun and not read.
    std::int64_t behind() const { return behind_; }

    /// The tokens of the oldest step that was not read, of its first `count` rows; waits for it.
    drawn_tokens read(std::int64_t count) {
        require(behind_ > 0, "no step was begun that could be read");
        --behind_;
        return drawing_.receive(count);
    }

    /// Keeps only the completions `rows`, ascending positions in the present batch.
    void keep(std::span<const std::int64_t> rows) {
        const at::NoGradGuard no_gradients;
        graphs_.on_stream([&] {
            table_.keep(rows);
            if (!rows.empty()) hidden_.narrow(0, 0, std::ssize(rows)).copy_(hidden_.index_select(0, on_device(rows)));
            upload();
        });
    }

private:
    static at::Device device() { return Decoder::tensor_policy::device(); }
    static at::TensorOptions options() {
        return at::TensorOptions{}.dtype(Decoder::tensor_policy::compute_type).device(device());
    }
    static at::Tensor on_device(std::span<const std::int64_t> values) { return to_device(values, device()); }

    void upload() {
        table_.upload();
        drawing_.begin(table_.streams());
    }

    /// Where `count` further tokens of prompts go; those of prompts without rows make room.
    std::int64_t room_for_prompts(std::int64_t count) {
        const std::int64_t held = caches_.front().prompt_keys.defined() ? caches_.front().prompt_keys.size(0) : 0;
        if (table_.prompt_tokens() + count <= held) return table_.prompt_tokens();
        const std::vector<std::int64_t> kept = table_.compact_prompts();
        std::int64_t capacity = std::max(held, first_prompt_tokens);
        while (capacity < std::ssize(kept) + count) capacity *= 2;
        const at::Tensor places = on_device(kept);
        for (static_cache& cache : caches_)
            for (at::Tensor* all : {&cache.prompt_keys, &cache.prompt_values}) {
                const at::Tensor larger =
                    at::zeros({capacity, model_->config().kv_heads, model_->config().head_dim}, options());
                if (!kept.empty()) larger.narrow(0, 0, std::ssize(kept)).copy_(all->index_select(0, places));
                *all = larger;
            }
        graphs_.clear();
        return std::ssize(kept);
    }

    /// Makes the completions' cache large enough for the next step. It grows by doubling: few completions become as
    /// long as they may.
    void room_for_completions() {
        const std::int64_t held = caches_.front().keys.defined() ? caches_.front().keys.size(1) : 0;
        const std::int64_t needed = table_.longest() + 1;
        if (needed <= held) return;
        std::int64_t capacity = std::max(held, first_own_tokens);
        while (capacity < needed) capacity *= 2;
        capacity = std::max(needed, std::min(capacity, table_.max_budget() + 1));
        const std::int64_t width = model_->config().head_dim, heads = model_->config().kv_heads;
        for (static_cache& cache : caches_)
            for (at::Tensor* all : {&cache.keys, &cache.values}) {
                const at::Tensor larger = at::zeros({table_.max_rows(), capacity, heads, width}, options());
                if (held > 0) larger.narrow(1, 0, held).copy_(*all);
                *all = larger;
            }
        graphs_.clear();
    }

    static constexpr std::int64_t first_prompt_tokens = 1024, first_own_tokens = 256;

    const Decoder* model_;
    static_rows_table table_;
    device_sampler drawing_;
    step_graphs graphs_;
    std::vector<static_cache> caches_;
    at::Tensor hidden_;  // [max_rows, D]
    std::int64_t behind_ = 0;
};

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
