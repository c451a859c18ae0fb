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
    using attention = typename Decoder::attention;

public:
    /// Whether a text is appended in one pass: the attention's `takes_texts`; token by token otherwise.
    static constexpr bool takes_texts = requires { requires attention::takes_texts; };
    /// Whether the attention's cache can `copy` a completion's tokens to another slot.
    static constexpr bool can_fork = requires(typename attention::cache& c) { c.copy(1, 2, 3); };

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
                ids_.emplace_back();
            }
        ++admissions_;
        prompts_ += std::ssize(prompts);
        const at::Tensor started = states.index_select(0, index(last));
        for (std::int64_t row = 0; row < started.size(0); ++row) starts_.push_back(started[row]);
        hidden_ = hidden_.defined() ? at::cat({hidden_, started}) : started;
    }

    /// Appends one token to each completion and computes the next hidden states.
    void advance(std::span<const token_id> ids) {
        require(std::ssize(ids) == rows(), "a decoding step got ", ids.size(), " tokens for ", rows(), " completions");
        std::vector<std::int64_t> all;
        for (std::int64_t row = 0; row < rows(); ++row) all.push_back(row);
        hidden_ = step(all, ids, false);
    }

    /// Appends texts, none empty, to the completions `rows`, ascending positions in the present batch, and computes
    /// their hidden states; the others stay as they are. A text is computed at once where the attention can.
    void append(std::span<const std::int64_t> rows, std::span<const std::vector<token_id>> texts) {
        require(rows.size() == texts.size(), "a decoding session got ", texts.size(), " texts for ", rows.size(),
                " completions");
        std::size_t longest = 0;
        for (const std::vector<token_id>& text : texts) {
            require(!text.empty(), "a text without tokens cannot be appended to a completion");
            longest = std::max(longest, text.size());
        }
        const std::size_t at_once = takes_texts ? longest : 1;
        for (std::size_t from = 0; from < longest; from += at_once) {
            std::vector<std::int64_t> of, last, moved;
            std::vector<token_id> ids;
            for (std::size_t n = 0; n < texts.size(); ++n) {
                const std::size_t end = std::min(texts[n].size(), from + at_once);
                for (std::size_t i = from; i < end; ++i) of.push_back(rows[n]), ids.push_back(texts[n][i]);
                if (from < end) last.push_back(std::ssize(of) - 1), moved.push_back(rows[n]);
            }
            const at::Tensor states = step(of, ids, at_once > 1).index_select(0, index(last));
            hidden_ = hidden_.index_copy(0, index(moved), states);
        }
    }

    /// Starts another completion, after those that are there, with the prompt of completion `row` and its first `kept`
    /// tokens, without computing them again, but for the last where `row` has gone on.
    void fork(std::int64_t row, std::int64_t kept)
        requires can_fork
    {
        const auto from = static_cast<std::size_t>(row);
        require(row >= 0 && row < rows(), "a decoding session has ", rows(), " completions, no number ", row);
        require(kept >= 0 && kept <= batch_.own[from], "completion ", row, " has ", batch_.own[from],
                " tokens, so another cannot begin with ", kept, " of them");
        const at::NoGradGuard no_gradients;
        const bool goes_on = kept < batch_.own[from];
        const std::int64_t copied = goes_on && kept > 0 ? kept - 1 : kept, slot = free_slot();
        for (std::size_t n = 0; n < caches_.size(); ++n) {
            model_->layers_[n].attention.reserve(caches_[n], slots_, std::max<std::int64_t>(copied, 1));
            caches_[n].copy(batch_.slot[from], slot, copied);
        }
        length_.push_back(length_[from] - batch_.own[from] + copied);
        ids_.emplace_back(ids_[from].begin(), ids_[from].begin() + copied);
        starts_.push_back(starts_[from]);
        batch_.prefix.push_back(batch_.prefix[from]);
        batch_.prompt.push_back(batch_.prompt[from]);
        batch_.slot.push_back(slot);
        batch_.own.push_back(copied);
        const at::Tensor state = kept == 0 ? starts_[from] : hidden_[row];
        hidden_ = at::cat({hidden_, state.unsqueeze(0)});
        if (copied < kept)
            append(std::vector{rows() - 1},
                   std::vector<std::vector<token_id>>{{ids_[from][static_cast<std::size_t>(copied)]}});
    }

    /// How many tokens follow the prompt in completion `row`.
    std::int64_t num_tokens(std::int64_t row) const { return batch_.own.at(static_cast<std::size_t>(row)); }

    /// Keeps only the completions `rows`, ascending positions in the present batch.
    void keep(std::span<const std::int64_t> rows) {
        std::vector<bool> kept(batch_.slot.size());
        for (const std::int64_t row : rows) kept.at(static_cast<std::size_t>(row)) = true;
        for (std::size_t row = 0; row < kept.size(); ++row)
            if (!kept[row]) free_.push_back(batch_.slot[row]);
        hidden_ = hidden_.index_select(0, index(rows));
        for (std::vector<std::int64_t>* list : {&batch_.prefix, &batch_.prompt, &batch_.slot, &batch_.own, &length_})
            *list = chosen(*list, rows);
        ids_ = chosen(ids_, rows);
        starts_ = chosen(starts_, rows);
        for (auto& cache : caches_) cache.release_unused(batch_);
    }

private:
    static at::Device device() { return Decoder::tensor_policy::device(); }

    static at::Tensor index(std::span<const std::int64_t> values) {
        return at::tensor(at::ArrayRef<std::int64_t>{values.data(), values.size()}, at::kLong).to(device());
    }

    template <class T>
    static std::vector<T> chosen(const std::vector<T>& from, std::span<const std::int64_t> rows) {
        std::vector<T> result;
        for (const std::int64_t row : rows) result.push_back(from.at(static_cast<std::size_t>(row)));
        return result;
    }

    std::int64_t free_slot() {
        if (free_.empty()) return slots_++;
        const std::int64_t slot = free_.back();
        free_.pop_back();
        return slot;
    }

    /// Computes the hidden states of tokens that follow completions: `ids[n]` is the next of completion `rows[n]`.
    /// @param several a completion may have several, one after another
    at::Tensor step(std::span<const std::int64_t> rows, std::span<const token_id> ids, bool several) {
        const at::NoGradGuard no_gradients;
        decode_batch batch{.several = several};
        std::vector<std::int64_t> positions;
        std::int64_t room = 1;
        for (std::size_t n = 0; n < rows.size(); ++n) {
            const auto row = static_cast<std::size_t>(rows[n]);
            require(length_[row] < model_->context(), "a completion has filled the model's context of ",
                    model_->context(), " tokens");
            batch.prefix.push_back(batch_.prefix[row]);
            batch.prompt.push_back(batch_.prompt[row]);
            batch.slot.push_back(batch_.slot[row]);
            batch.own.push_back(batch_.own[row]++);
            positions.push_back(length_[row]++);
            ids_[row].push_back(ids[n]);
            room = std::max(room, batch_.own[row]);
        }
        batch.positions = index(positions);
        return model_->run(index(ids), [&](const auto& attention, std::size_t n, const at::Tensor& x) {
            attention.reserve(caches_[n], slots_, room);
            return attention.decode(x, batch, model_->rotary_, caches_[n]);
        });
    }

    const Decoder* model_;
    std::vector<typename Decoder::attention::cache> caches_;
    decode_batch batch_;
    std::vector<std::vector<token_id>> ids_;  // [B] tokens that follow the prompt
    std::vector<at::Tensor> starts_;          // [B] [D] hidden state of the prompt's last token
    std::vector<std::int64_t> length_;        // [B] tokens so far, the prompt's included
    std::vector<std::int64_t> free_;          // slots of completions that ended
    std::int64_t slots_ = 0, admissions_ = 0, prompts_ = 0;
    at::Tensor hidden_;  // [B, D]
};

}  // namespace aha
