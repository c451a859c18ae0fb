// aha: a sampler answers prompts with the model; write: .*std::vector<aha::rollout_group> sample\(const Model& model
#include <aha/concepts/sampler.hpp>

template <class Model, class Sampler>
struct trainer {
    static_assert(aha::require_sampler_for<Sampler, Model>());
};

struct my_model {};

struct my_sampler {
#ifdef AHA_DEFECT
    std::vector<aha::rollout_group> sample(const my_model&, std::span<const aha::prompt>, const aha::random_key&);
#else
    std::vector<aha::rollout_group> sample(const my_model&, std::span<const aha::prompt>, std::int64_t,
                                           const aha::random_key&);
#endif
};

trainer<my_model, my_sampler> t;
