#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <span>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/records.hpp>
#include <aha/model/ops/decode_attention.hpp>
#include <aha/model/ops/embedding.hpp>
#include <aha/core/pack.hpp>

namespace aha {

/// A batch of completions being decoded by a `decoder`, one token a step, with its key-value caches. Each prompt is
/// computed once and shared by its completions; completions that end are dropped with `keep`.
template <class Decoder>
class decode_session {
public:
    decode_session(const Decoder& model, std::span<const std::vector<token_id>> prompts, std::int64_t copies)
        : model_{&model}, caches_(model.layers_.size()) {
        require(copies > 0, "a decoding session needs at least one completion per prompt, not ", copies);
        const at::NoGradGuard no_gradients;
        const packed_prompts packed = pack_prompts(prompts, device());
        const auto rows = static_cast<std::int64_t>(prompts.size()) * copies;
        at::Tensor x = aha::embedding(model.store_.parameters()[0], packed.batch.ids);
        for (std::size_t n = 0; n < model.layers_.size(); ++n) {
            const auto& l = model.layers_[n];
            x = x + l.attention.prefill(model.norm(x, l.attention_norm), packed, model.rotary_, caches_[n], rows);
            x = x + l.feed_forward.forward(model.norm(x, l.feed_forward_norm));
        }
        std::vector<std::int64_t> last;
        for (std::size_t p = 0; p < prompts.size(); ++p) {
            const auto length = std::ssize(prompts[p]);
            require(length < model.config().context, "a prompt of ", length,
                    " tokens leaves no room in the model's context of ", model.config().context);
            for (std::int64_t c = 0; c < copies; ++c) {
                last.push_back(packed.prompts[p].end() - 1);
                batch_.prompt.push_back(static_cast<std::int64_t>(p));
                batch_.slot.push_back(static_cast<std::int64_t>(batch_.slot.size()));
                length_.push_back(length);
            }
        }
        batch_.slots = index(batch_.slot);
        hidden_ = model.norm(x.index_select(0, index(last)), model.store_.parameters()[model.norm_at_]);
    }

    /// Completions still in the batch.
    std::int64_t rows() const { return hidden_.size(0); }

    /// Hidden state that predicts each completion's next token: [B, D] compute type.
    const at::Tensor& hidden() const { return hidden_; }

    /// Appends one token to each completion and computes the next hidden states.
    void advance(std::span<const token_id> ids) {
        require(static_cast<std::int64_t>(ids.size()) == rows(), "a decoding step got ", ids.size(), " tokens for ",
                rows(), " completions");
        const at::NoGradGuard no_gradients;
        batch_.positions = index(length_);
        at::Tensor x = aha::embedding(model_->store_.parameters()[0], index(ids));
        for (std::size_t n = 0; n < caches_.size(); ++n) {
            const auto& l = model_->layers_[n];
            x = x + l.attention.decode(model_->norm(x, l.attention_norm), batch_, model_->rotary_, caches_[n]);
            x = x + l.feed_forward.forward(model_->norm(x, l.feed_forward_norm));
        }
        hidden_ = model_->norm(x, model_->store_.parameters()[model_->norm_at_]);
        ++batch_.step;
        for (std::int64_t& length : length_) ++length;
    }

    /// Keeps only the completions `rows`, ascending positions in the present batch.
    void keep(std::span<const std::int64_t> rows) {
        hidden_ = hidden_.index_select(0, index(rows));
        batch_.prompt = chosen(batch_.prompt, rows);
        batch_.slot = chosen(batch_.slot, rows);
        batch_.slots = index(batch_.slot);
        length_ = chosen(length_, rows);
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

    const Decoder* model_;
    std::vector<typename Decoder::attention::cache> caches_;
    decode_batch batch_;
    std::vector<std::int64_t> length_;  // [B] tokens so far, the prompt's included
    at::Tensor hidden_;                 // [B, D]
};

}  // namespace aha
