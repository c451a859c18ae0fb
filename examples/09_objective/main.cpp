// An objective of your own in the loop of all trainers: of two answers to a prompt the better one shall have the higher
// mean log-prob. Checkpoints, ranks, evaluation, observers and the report come with the loop.
#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/softmax.h>
#include <aha/testing/bandit.hpp>
#include <aha/train/run_training.hpp>
#include <aha/update/supervised_gradient.hpp>
#include <aha/train/trainer.hpp>
#include <cstdio>
#include <map>

//! [objective]
struct answer_pair {
    aha::supervised_example good, bad;  // a prompt and an answer each; the marks are the answer's
};

class contrastive_pairs {
public:
    explicit contrastive_pairs(std::vector<answer_pair> pairs) : pairs_{std::move(pairs)} {}

    struct batch {
        std::vector<const answer_pair*> mine;  // this rank's
        double all = 0;                        // how many all ranks have
    };

    batch next(const auto& at) {
        std::vector<const answer_pair*> all;
        for (; all.size() < 4 && done_ < pairs_.size(); ++done_) all.push_back(&pairs_[done_]);
        aha::require(!all.empty(), "the pairs ran out after ", at.step, " steps");
        const auto count = static_cast<double>(all.size());
        return {aha::local_shard(at.ranks, std::move(all), [](const auto* p) { return p->good.ids.size(); }), count};
    }

    double accumulate(const auto& model, const batch& b, std::size_t, const aha::microbatch_hook& before) const {
        double loss = 0;
        for (std::size_t i = 0; i < b.mine.size(); ++i) {
            before(i, b.mine.size());
            const at::Tensor lead = mean_log_prob(model, b.mine[i]->good) - mean_log_prob(model, b.mine[i]->bad);
            const at::Tensor term = -at::log_sigmoid(lead) / b.all;  // each with its own denominator
            torch::autograd::backward({term}, {});
            loss += term.item<double>();
        }
        return loss;
    }

    aha::metric_list report(const batch& b, std::span<const double>, const aha::update_record&) const {
        return {{"pairs", b.all}};
    }

    std::int64_t steps_left() const { return static_cast<std::int64_t>(pairs_.size() - done_ + 3) / 4; }
    aha::state save() const { return {{}, {{"done", done_}}}; }
    void load(const aha::state& s) { done_ = s.values.at("done"); }

private:
    static at::Tensor mean_log_prob(const auto& model, const aha::supervised_example& text) {
        const aha::supervised_example* const one[] = {&text};
        return aha::example_log_probs(model, aha::pack_examples(one)).mean();
    }

    std::vector<answer_pair> pairs_;
    std::size_t done_ = 0;
};
//! [objective]

struct memory_store {
    std::map<std::int64_t, aha::state> kept;
    void save(std::int64_t step, const aha::state& whole) { kept[step] = whole; }
    std::optional<std::pair<std::int64_t, aha::state>> load_latest() const {
        if (kept.empty()) return std::nullopt;
        return *kept.rbegin();
    }
};

int main() {
    aha::testing::bandit model{{0, 0, 0, 0}};
    std::vector<answer_pair> pairs(120);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        pairs[i].good = {.index = static_cast<std::int64_t>(i), .ids = {0, 2}, .loss_mask = {0, 1}};
        pairs[i].bad = {.index = static_cast<std::int64_t>(i), .ids = {0, i % 2 == 0 ? 1 : 3}, .loss_mask = {0, 1}};
    }
    const auto arm = [](const auto& m, int k) { return at::softmax(m.weights()[0].detach().flatten(), 0)[k]; };
    //! [use]
    auto trainer = aha::trainer{model, contrastive_pairs{pairs}, {.learning_rate = 0.1}};
    trainer.evaluate_every(10, [&](const auto& m, const auto&) -> aha::metric_list {
        return {{"eval_arm_2", arm(m, 2).template item<double>()}};
    });
    memory_store store;
    const aha::run_summary done = aha::run_training(trainer, store, {});
    //! [use]
    std::printf("%d steps; arm 2 is pulled with probability %.2f, arm 1 with %.2f\n", static_cast<int>(done.steps),
                arm(model, 2).item<double>(), arm(model, 1).item<double>());
}
