#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <algorithm>
#include <span>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/model/pack.hpp>
#include <aha/core/records.hpp>
#include <aha/model/ops/key_value_cache.hpp>

namespace aha {

/// A batch of completions being decoded by a `decoder`, one token a step, with its key-value caches. Each prompt is
/// computed once and shared by its completions; completions that end are dropped with `keep`, and others take their
/// place with `admit`.
template <class Decoder>
class decode_session {
public:
    /// Starts `copies` completions of each prompt.
    decode_session(const Decoder& model, std::span<const std::vector<token_id>> prompts, std::int64_t copies)
        : model_{&model}, caches_(model.layers_.size()) {
        admit(prompts, copies);
    }

    /// Completions still in the batch.
    std::int64_t rows() const { return batch_.rows(); }

    /// Hidden state that predicts each completion's next token: [B, D] compute type.
    const at::Tensor& hidden() const { return hidden_; }

    /// Computes further prompts and starts `copies` completions of each, after those that are there.
    void admit(std::span<const std::vector<token_id>> prompts, std::int64_t copies) {
        require(copies > 0, "a decoding session needs at least one completion per prompt, not ", copies);
        for (const std::vector<token_id>& ids : prompts)
            require(std::ssize(ids) < model_->context(), "a prompt of ", ids.size(),
                    " tokens leaves no room in the model's context of ", model_->context());
        const at::NoGradGuard no_gradients;
        const packed_prompts packed = pack_prompts(prompts, device());
        const auto prefill = [&](const auto& attention, std::size_t n, const at::Tensor& x) {
            return attention.prefill(x, packed, model_->rotary_, caches_[n]);
        };
        const at::Tensor states = model_->run(packed.batch.ids, prefill);
        std::vector<std::int64_t> last;
        for (std::size_t p = 0; p < prompts.size(); ++p)
            for (std::int64_t c = 0; c < copies; ++c) {
                last.push_back(packed.prompts[p].end() - 1);
                batch_.prefix.push_back(admissions_);
                batch_.prompt.push_back(prompts_ + static_cast<std::int64_t>(p));
                batch_.slot.push_back(free_slot());
                batch_.own.push_back(0);
                length_.push_back(std::ssize(prompts[p]));
            }
        ++admissions_;
        prompts_ += std::ssize(prompts);
        const at::Tensor started = states.index_select(0, index(last));
        hidden_ = hidden_.defined() ? at::cat({hidden_, started}) : started;
    }

    /// Appends one token to each completion and computes the next hidden states.
    void advance(std::span<const token_id> ids) {
        require(std::ssize(ids) == rows(), "a decoding step got ", ids.size(), " tokens for ", rows(), " completions");
        for (const std::int64_t length : length_)
            require(length < model_->context(), "a completion has filled the model's context of ", model_->context(),
                    " tokens");
        const at::NoGradGuard no_gradients;
        batch_.positions = index(length_);
        std::int64_t room = 1;
        for (const std::int64_t own : batch_.own) room = std::max(room, own + 1);
        hidden_ = model_->run(index(ids), [&](const auto& attention, std::size_t n, const at::Tensor& x) {
            attention.reserve(caches_[n], slots_, room);
            return attention.decode(x, batch_, model_->rotary_, caches_[n]);
        });
        for (std::int64_t& own : batch_.own) ++own;
        for (std::int64_t& length : length_) ++length;
    }

    /// Keeps only the completions `rows`, ascending positions in the present batch.
    void keep(std::span<const std::int64_t> rows) {
        std::vector<bool> kept(batch_.slot.size());
        for (const std::int64_t row : rows) kept.at(static_cast<std::size_t>(row)) = true;
        for (std::size_t row = 0; row < kept.size(); ++row)
            if (!kept[row]) free_.push_back(batch_.slot[row]);
        hidden_ = hidden_.index_select(0, index(rows));
        for (std::vector<std::int64_t>* list : {&batch_.prefix, &batch_.prompt, &batch_.slot, &batch_.own, &length_})
            *list = chosen(*list, rows);
        for (auto& cache : caches_) cache.release_unused(batch_);
    }

private:
    static at::Device device() { return Decoder::tensor_policy::device(); }

    static at::Tensor index(std::span<const std::int64_t> values) {
        return at::tensor(at::ArrayRef<std::int64_t>{values.data(), values.size()}, at::kLong).to(device());
    }

    static std::vector<std::int64_t> chosen(const std::vector<std::int64_t>& from, std::span<const std::int64_t> rows) {
        std::vector<std::int64_t> result;
        for (const std::int64_t row : rows) result.push_back(from.at(static_cast<std::size_t>(row)));
        return result;
    }

    std::int64_t free_slot() {
        if (free_.empty()) return slots_++;
        const std::int64_t slot = free_.back();
        free_.pop_back();
        return slot;
    }

    const Decoder* model_;
    std::vector<typename Decoder::attention::cache> caches_;
    decode_batch batch_;
    std::vector<std::int64_t> length_;  // [B] tokens so far, the prompt's included
    std::vector<std::int64_t> free_;    // slots of completions that ended
    std::int64_t slots_ = 0, admissions_ = 0, prompts_ = 0;
    at::Tensor hidden_;  // [B, D]
};

}  // namespace aha
