// A model of your own: what predicts the next token is the sum of two rows, one for the last token and one for the
// token before it. That is enough to learn which of two digits is the larger.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <aha/core/tensor_policy.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/testing/symbol_tokenizer.hpp>
#include <aha/train/grpo.hpp>
#include <cstdio>

//! [model]
class two_token_model {
public:
    using tensor_policy = aha::cpu<float>;

    explicit two_token_model(std::int64_t vocabulary)
        : weights_{{{"last", {vocabulary, 64}}, {"before", {vocabulary, 64}}, {"head", {vocabulary, 64}}},
                   tensor_policy::options()} {
        const at::NoGradGuard no_gradients;
        const aha::random_stream random{aha::random_key{.seed = 5}};
        float* const values = weights_.values().mutable_data_ptr<float>();
        for (std::int64_t i = 0; i < weights_.values().numel(); ++i)
            values[i] = 0.1F * static_cast<float>(random.normal(static_cast<std::uint64_t>(i)));
    }

    /// The states that predict the next tokens, [T, 64]. Rows of one tree see their own path alone.
    at::Tensor hidden(const aha::packed_trees& row) const {
        std::vector<std::int64_t> before(static_cast<std::size_t>(row.ids.size(0)));
        for (const aha::token_tree& tree : row.trees) {
            const auto chain = [&](const aha::segment& s, std::int64_t first) {
                for (std::int64_t t = s.begin; t < s.end(); ++t)
                    before[static_cast<std::size_t>(t)] = t == s.begin ? first : t - 1;
            };
            chain(tree.trunk, tree.trunk.begin);  // the first token stands for the one before it
            for (const aha::segment& branch : tree.branches) chain(branch, tree.trunk.end() - 1);
        }
        return state(row.ids, row.ids.index_select(0, at::tensor(before)));
    }
    aha::lm_head head() const { return {weights_[2], weights_[2].detach()}; }
    const aha::parameters& weights() const { return weights_; }
    void refresh() {}  // nothing is derived from the weights
                       //! [model]

    //! [session]
    /// A batch being decoded: the last two tokens of each text.
    class session {
    public:
        std::int64_t rows() const { return last_.size(0); }
        at::Tensor hidden() const { return model_->state(last_, before_).detach(); }
        void advance(std::span<const aha::token_id> ids) {
            before_ = last_;
            last_ = at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()));
        }
        void keep(std::span<const std::int64_t> rows) {
            const at::Tensor kept = at::tensor(std::vector<std::int64_t>(rows.begin(), rows.end()));
            last_ = last_.index_select(0, kept);
            before_ = before_.index_select(0, kept);
        }

    private:
        friend two_token_model;
        const two_token_model* model_ = nullptr;
        at::Tensor last_, before_;  // [B]
    };
    std::int64_t context() const { return 1000; }
    session open_session(std::span<const std::vector<aha::token_id>> prompts, std::int64_t copies) const {
        std::vector<std::int64_t> last, before;
        for (const std::vector<aha::token_id>& ids : prompts)
            for (std::int64_t n = 0; n < copies; ++n) {
                last.push_back(ids.back());
                before.push_back(ids.size() > 1 ? ids[ids.size() - 2] : ids.back());
            }
        session started;
        started.model_ = this;
        started.last_ = at::tensor(last);
        started.before_ = at::tensor(before);
        return started;
    }
    //! [session]

private:
    at::Tensor state(const at::Tensor& last, const at::Tensor& before) const {
        return (weights_[0].index_select(0, last) + weights_[1].index_select(0, before)).relu();
    }
    aha::parameters weights_;
};

int main() {
    const aha::testing::symbol_tokenizer digits{{"0", "1", "2", "3"}};
    two_token_model model{digits.vocabulary_size()};
    //! [task]
    std::vector<aha::prompt> questions;
    for (int a = 0; a < 4; ++a)
        for (int b = 0; b < 4; ++b) {
            aha::prompt p;
            p.index = std::ssize(questions);
            p.text = std::to_string(a) + std::to_string(b);
            p.ids = digits.encode(p.text);
            p.fields = {{"larger", std::to_string(std::max(a, b))}};
            questions.push_back(p);
        }
    const auto reward = [](const aha::prompt& p, const aha::completion& c) { return p["larger"] == c.text; };
    auto grpo = aha::grpo{model,
                          aha::vector_prompts{questions},
                          reward,
                          {.prompts_per_step = 16, .group_size = 16, .learning_rate = 0.01, .seed = 1},
                          aha::autoregressive_sampler{digits, {.max_new_tokens = 1}}};
    for (const aha::step_report& step : grpo.steps(60))
        if (step.step % 20 == 0 || step.step == 1)
            std::printf("step %2d  right %.1f\n", static_cast<int>(step.step), step.metric("reward"));
    //! [task]
}
