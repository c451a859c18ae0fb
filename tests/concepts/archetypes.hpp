#pragma once

#include <ATen/ATen.h>
#include <cstdint>
#include <forward_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/concepts/attention.hpp>
#include <aha/core/environment_answer.hpp>
#include <aha/core/lm_head.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/parameters.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/core/preference_log_probs.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/model/ops/linear.hpp>
#include <aha/model/weight_store.hpp>

/// One type per slot that has what its concept requires and nothing more: what is kept by value can be moved and no
/// more (no default construction, no copies, no assignment), what is taken by reference cannot even be moved. Whatever
/// is instantiated with them asks for nothing that is not written down. They also work: a run with them can be stepped.
namespace aha::test {

/// The least that a value kept by a trainer can be; made with `movable{made}`.
struct made_t {};
inline constexpr made_t made;
struct movable {
    explicit movable(made_t) {}
    movable(movable&&) = default;
    movable(const movable&) = delete;
    movable& operator=(movable&&) = delete;
    movable& operator=(const movable&) = delete;
    ~movable() = default;
};

/// The least that an object taken by reference can be.
struct fixed {
    explicit fixed(made_t) {}
    fixed(const fixed&) = delete;
    fixed& operator=(const fixed&) = delete;
    ~fixed() = default;
};

//! [tensor_policy]
struct least_tensor_policy {
    using compute = float;
    static constexpr c10::ScalarType compute_type = c10::kFloat, parameter_type = c10::kFloat,
                                     accumulate_type = c10::kFloat;
    static c10::Device device() { return c10::Device{c10::kCPU}; }
    static c10::TensorOptions options() { return c10::TensorOptions{}.dtype(c10::kFloat); }
    least_tensor_policy() = delete;
};
//! [tensor_policy]

/// Four ids: '0' to '3'; the last one ends.
//! [tokenizer]
struct least_tokenizer : movable {
    using movable::movable;
    std::vector<token_id> encode(std::string_view text) const {
        std::vector<token_id> ids;
        for (const char c : text) ids.push_back(c & 3);
        return ids;
    }
    std::string decode(std::span<const token_id> ids) const {
        std::string text;
        for (const token_id id : ids)
            if (id != 3) text += static_cast<char>('0' + id);
        return text;
    }
    std::forward_list<token_id> end_ids() const { return {3}; }
    std::int64_t vocabulary_size() const { return 4; }
};
//! [tokenizer]

/// Prompts 0, 1, 2, ... without end.
//! [prompt_source]
struct least_prompt_source : movable {
    using movable::movable;
    std::optional<prompt> next() {
        prompt p;
        p.index = place++;
        p.text = "12";
        p.ids = {1, 2};
        return p;
    }
    state save() const {
        state s;
        s.values["place"] = place;
        return s;
    }
    void load(const state& saved) { place = saved.values.at("place").get<std::int64_t>(); }

private:
    std::int64_t place = 0;
};
//! [prompt_source]

/// A bigram model over four ids, hidden width 2, all weights zero at first.
//! [model]
struct least_model : fixed {
    explicit least_model(made_t m) : fixed{m}, weights_{{{"embedding", {4, 2}}, {"head", {4, 2}}}, at::kFloat} {}
    using tensor_policy = least_tensor_policy;
    at::Tensor hidden(const packed_trees& trees) const { return weights_[0].index_select(0, trees.ids); }
    lm_head head() const { return {weights_[1], weights_[1].detach()}; }
    const parameters& weights() const { return weights_; }
    void refresh() {}

private:
    parameters weights_;
};
//! [model]

/// The same, to be sampled from token by token.
//! [decoding_model]
struct least_decoding_model : least_model {
    using least_model::least_model;

    struct session : fixed {
        std::int64_t rows() const { return last.size(0); }
        at::Tensor hidden() const { return model->weights()[0].detach().index_select(0, last); }
        void advance(std::span<const token_id> ids) {
            last = at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()));
        }
        void keep(std::span<const std::int64_t> rows) {
            last = last.index_select(0, at::tensor(std::vector<std::int64_t>(rows.begin(), rows.end())));
        }

    private:
        friend least_decoding_model;
        session(const least_decoding_model& m, at::Tensor first) : fixed{made}, model{&m}, last{std::move(first)} {}
        const least_decoding_model* model;
        at::Tensor last;  // [B]
    };

    std::int64_t context() const { return 1 << 20; }
    session open_session(std::span<const std::vector<token_id>> prompts, std::int64_t copies) const {
        std::vector<std::int64_t> last;
        for (const std::vector<token_id>& ids : prompts)
            last.insert(last.end(), static_cast<std::size_t>(copies), ids.back());
        return session{*this, at::tensor(last)};
    }
};
//! [decoding_model]

/// Lets each token look at itself alone, of which nothing need be remembered.
//! [attention]
template <class Tensor>
struct least_attention : movable {
    static std::vector<parameters::slot> slots(const decoder_config& config, const std::string& layer) {
        return {{layer + "self_attn.scale", {config.hidden_size}, false}};
    }
    static std::vector<weight_part> parts(const decoder_config& config, const std::string& layer) {
        return {{layer + "self_attn.scale", layer + "self_attn.scale", 0, config.hidden_size}};
    }
    least_attention(const decoder_config&, const weight_store<Tensor>& store, std::size_t first)
        : movable{made}, scale{store.leaf(first)} {}

    at::Tensor forward(const at::Tensor& x, const packed_trees&, const rotary_table&) const { return scaled(x); }

    struct cache : fixed {
        cache() : fixed{made} {}
        void release_unused(const decode_batch&) {}
    };
    at::Tensor prefill(const at::Tensor& x, const packed_prompts&, const rotary_table&, cache&) const {
        return scaled(x);
    }
    void reserve(cache&, std::int64_t, std::int64_t) const {}
    at::Tensor decode(const at::Tensor& x, const decode_batch&, const rotary_table&, cache&) const { return scaled(x); }

private:
    at::Tensor scaled(const at::Tensor& x) const { return (x * scale).to(Tensor::compute_type); }
    at::Tensor scale;  // [D]
};
//! [attention]

/// One product.
//! [feed_forward]
template <class Tensor>
struct least_feed_forward : movable {
    static std::vector<parameters::slot> slots(const decoder_config& config, const std::string& layer) {
        return {{layer + "mlp.weight", {config.hidden_size, config.hidden_size}}};
    }
    static std::vector<weight_part> parts(const decoder_config& config, const std::string& layer) {
        return {{layer + "mlp.weight", layer + "mlp.weight", 0, config.hidden_size}};
    }
    least_feed_forward(const decoder_config&, const weight_store<Tensor>& store, std::size_t first)
        : movable{made}, weight{store.view(first)} {}
    at::Tensor forward(const at::Tensor& x) const { return linear(x, weight); }

private:
    weight_view weight;
};
//! [feed_forward]

/// Serves `least_model` alone; completions are "01", "12", "23", ... whatever the weights (log-probs of the first
/// ones).
//! [sampler]
struct least_sampler : movable {
    using movable::movable;
    std::vector<rollout_group> sample(const least_model&, std::span<const prompt> prompts, std::int64_t group_size,
                                      const random_key&) {
        std::vector<rollout_group> groups;
        for (const prompt& p : prompts) {
            rollout_group& group = groups.emplace_back();
            group.prompt = p;
            for (std::int64_t n = 0; n < group_size; ++n) {
                completion& c = group.completions.emplace_back();
                c.ids = {n % 4, (n + 1) % 4};
                for (const token_id id : c.ids) c.text += static_cast<char>('0' + id);
                c.log_probs = c.behavior_log_probs = {-1.3862944F, -1.3862944F};
            }
        }
        return groups;
    }
};
//! [sampler]

/// Dialogues of two turns. Its episodes cannot even be moved.
//! [environment]
struct least_environment : movable {
    using movable::movable;
    struct episode : fixed {
        using fixed::fixed;
        environment_answer answer(const std::string& said) {
            return {.text = "2", .over = ++turns == 2, .reward = said == "0" ? 1.0 : 0.0};
        }

    private:
        int turns = 0;
    };
    episode start(const prompt&, const random_stream&) const { return episode{made}; }
};
//! [environment]

//! [reward]
struct min_reward : movable {
    using movable::movable;
    bool operator()(const prompt&, const completion& c) const { return c.text == "01"; }
};
//! [reward]

//! [advantage]
struct least_advantage : movable {
    using movable::movable;
    std::vector<double> operator()(std::span<const score> scores) const {
        std::vector<double> advantages;
        for (const score& s : scores) advantages.push_back(s.applicable ? s.value - 0.5 : 0);
        return advantages;
    }
};
//! [advantage]

//! [aggregation]
struct least_aggregation : movable {
    using movable::movable;
    std::vector<double> operator()(std::span<const std::int64_t> lengths) const {
        return std::vector<double>(lengths.size(), 1.0 / static_cast<double>(lengths.size()));
    }
};
//! [aggregation]

//! [policy_loss]
struct least_policy_loss : movable {
    using movable::movable;
    loss_output operator()(const policy_batch& b) const {
        return {-(b.log_probs * b.advantages * b.weights).sum(), {}};
    }
    bool needs_reference() const { return false; }
    bool ignores_zero_advantage() const { return true; }
};
//! [policy_loss]

//! [preference_loss]
struct least_preference_loss : movable {
    using movable::movable;
    at::Tensor operator()(const preference_log_probs& pairs) const {
        return rewards(pairs.rejected) - rewards(pairs.chosen);
    }
    at::Tensor rewards(const side_log_probs& side) const { return side.policy; }
    bool needs_reference() const { return false; }
};
//! [preference_loss]

//! [optimizer]
struct least_optimizer : movable {
    using movable::movable;
    void step(const parameters& weights, double learning_rate) {
        weights.values().sub_(weights.gradients(), learning_rate);
    }
    state save() const { return {}; }
    void load(const state&) {}
};
//! [optimizer]

//! [communicator]
struct least_communicator {
    int rank() const { return 0; }
    int size() const { return 1; }
    void all_reduce(const at::Tensor&) const {}      // in place, over all ranks
    void broadcast(const at::Tensor&, int) const {}  // in place, from a rank
    std::vector<std::string> all_gather(const std::string& bytes) const { return {bytes}; }
};
//! [communicator]

//! [schedule]
struct least_schedule : movable {
    using movable::movable;
    double operator()(std::int64_t) const { return 1; }
};
//! [schedule]

//! [checkpoint_store]
struct least_checkpoint_store : fixed {
    using fixed::fixed;
    void save(std::int64_t step, const state& whole) { kept[step] = whole; }
    std::optional<std::pair<std::int64_t, state>> load_latest() {
        if (kept.empty()) return std::nullopt;
        return *kept.rbegin();
    }

private:
    std::map<std::int64_t, state> kept;
};
//! [checkpoint_store]

//! [observer]
struct least_observer : fixed {
    using fixed::fixed;
    void on_step(const step_report&) {}
};
//! [observer]

}  // namespace aha::test
