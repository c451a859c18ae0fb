// aha: a sampler's sample.* gives one group a prompt, whose completions carry ids, text, log_probs and
// behavior_log_probs; make it return: std::vector<aha::rollout_group>
#include <aha/concepts/sampler.hpp>

template <class Model, class Sampler>
struct trainer {
    static_assert(aha::require_sampler_for<Sampler, Model>());
};

struct my_model {};

struct my_sampler {
#ifdef AHA_DEFECT
    using answers = std::vector<std::string>;  // texts alone
#else
    using answers = std::vector<aha::rollout_group>;
#endif
    answers sample(const my_model&, std::span<const aha::prompt>, std::int64_t, const aha::random_key&);
};

trainer<my_model, my_sampler> t;
