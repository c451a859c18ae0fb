#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <aha/concepts/language_model.hpp>
#include <aha/concepts/tokenizer.hpp>
#include <aha/core/error.hpp>
#include <aha/model/pack.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>

namespace aha::testing {

/// A sampler that says what it is told to, with the model's own log-probs: completion n of every group is line n of the
/// script, from the beginning again after its end. For tests of what comes after a sampler: which completions a trainer
/// sees is then no matter of chance.
template <tokenizer Tokenizer>
class scripted_sampler {
public:
    /// @param script the completions, as tokens; none may be empty. Throws `aha::error` if one is, or if there is none.
    scripted_sampler(Tokenizer tokenizer, std::vector<std::vector<token_id>> script)
        : tokenizer_{std::move(tokenizer)}, script_{std::move(script)} {
        require(!script_.empty(), "a script needs at least one completion");
        for (std::size_t n = 0; n < script_.size(); ++n)
            require(!script_[n].empty(), "completion ", n, " of the script has no tokens");
    }

    /// One group a prompt, with `group_size` completions; the key does not matter.
    template <language_model Model>
    std::vector<rollout_group> sample(const Model& model, std::span<const prompt> prompts, std::int64_t group_size,
                                      const random_key&) {
        const at::NoGradGuard no_gradients;
        ++calls_;
        std::vector<rollout_group> groups;
        for (const prompt& asked : prompts) {
            rollout_group& group = groups.emplace_back();
            group.prompt = asked;
            for (std::int64_t n = 0; n < group_size; ++n)
                group.completions.push_back(
                    completed(model, asked, script_[static_cast<std::size_t>(n) % script_.size()]));
        }
        return groups;
    }

    /// How often it was asked.
    std::int64_t calls() const { return calls_; }

private:
    template <class Model>
    completion completed(const Model& model, const prompt& asked, const std::vector<token_id>& ids) const {
        completion said;
        said.ids = ids;
        said.text = tokenizer_.decode(std::span<const token_id>{ids});
        for (const token_id end : tokenizer_.end_ids())
            if (ids.back() == end) said.finish = finish_reason::end_token;
        const token_group one{asked.ids, {std::span<const token_id>{ids}}};
        const packed_groups packed = pack_groups(std::span{&one, 1}, packing_for(model));
        const at::Tensor states = model.hidden(packed.batch).index_select(0, packed.predictions.rows);  // [T, D]
        const at::Tensor logits = states.to(at::kFloat).matmul(model.head().weight.detach().to(at::kFloat).t());
        const at::Tensor log_probs = at::log_softmax(logits, -1)  // [T, V]
                                         .gather(1, packed.predictions.targets.unsqueeze(1))
                                         .view(-1)
                                         .cpu()
                                         .contiguous();
        said.log_probs.assign(log_probs.const_data_ptr<float>(), log_probs.const_data_ptr<float>() + log_probs.numel());
        said.behavior_log_probs = said.log_probs;
        return said;
    }

    Tokenizer tokenizer_;
    std::vector<std::vector<token_id>> script_;
    std::int64_t calls_ = 0;
};

}  // namespace aha::testing
