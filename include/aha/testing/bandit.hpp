#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <cstdint>
#include <span>
#include <vector>

#include <aha/core/lm_head.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/parameters.hpp>
#include <aha/core/tensor_policy.hpp>
#include <aha/core/token_id.hpp>

namespace aha::testing {

/// The smallest decoding model: every next token is arm k with probability softmax(theta)[k], whatever came before. All
/// gradients of policy losses have a closed form, so it is what to check a trainer, a loss or an advantage against.
/// Weights: one parameter "theta", [K, 1].
class bandit {
public:
    using tensor_policy = cpu<float>;

    /// @param logits theta, [K]
    explicit bandit(const std::vector<float>& logits)
        : weights_{{{"theta", {static_cast<std::int64_t>(logits.size()), 1}}}, tensor_policy::options()} {
        const at::NoGradGuard no_gradients;
        weights_[0].copy_(at::tensor(logits).unsqueeze(1));
    }
    bandit(bandit&&) noexcept = default;
    bandit& operator=(bandit&&) noexcept = default;

    /// Every token's state is the number 1, so that the head's logits are theta.
    at::Tensor hidden(const packed_trees& trees) const {
        return at::ones({trees.ids.size(0), 1}, tensor_policy::options());
    }
    lm_head head() const { return {weights_[0], weights_[0].detach()}; }
    const parameters& weights() const { return weights_; }
    void refresh() {}
    std::int64_t context() const { return 1 << 20; }

    /// Another with the same weights.
    bandit clone() const {
        const at::Tensor theta = weights_[0].detach().contiguous();
        return bandit{std::vector<float>(theta.const_data_ptr<float>(), theta.const_data_ptr<float>() + theta.numel())};
    }

    /// A batch being decoded: it only counts its rows.
    class session {
    public:
        std::int64_t rows() const { return rows_; }
        at::Tensor hidden() const { return at::ones({rows_, 1}, tensor_policy::options()); }
        void advance(std::span<const token_id>) {}
        void keep(std::span<const std::int64_t> rows) { rows_ = static_cast<std::int64_t>(rows.size()); }

    private:
        friend bandit;
        explicit session(std::int64_t rows) : rows_{rows} {}
        std::int64_t rows_;
    };
    session open_session(std::span<const std::vector<token_id>> prompts, std::int64_t copies) const {
        return session{static_cast<std::int64_t>(prompts.size()) * copies};
    }

private:
    parameters weights_;
};

/// Speaks of arms: "0 2 1". No token ends a completion.
struct arm_tokenizer {
    std::int64_t arms = 2;  ///< how many there are
    std::vector<token_id> encode(std::string_view text) const {
        std::vector<token_id> ids;
        for (const char c : text)
            if (c >= '0' && c <= '9') ids.push_back(c - '0');
        return ids;
    }
    std::string decode(std::span<const token_id> ids) const {
        std::string text;
        for (const token_id id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
        return text;
    }
    std::vector<token_id> end_ids() const { return {}; }
    /// How many there are.
    std::int64_t vocabulary_size() const { return arms; }
};

}  // namespace aha::testing
