// aha: a sampler answers prompts with the model; write: .*std::vector<aha::rollout_group> sample\(const Model& model
#include <aha/train/slots.hpp>

struct my_model {};

struct my_sampler {
#ifdef AHA_DEFECT
    std::vector<aha::rollout_group> sample(const my_model&, std::span<const aha::prompt>) { return {}; }
#else
    std::vector<aha::rollout_group> sample(const my_model&, std::span<const aha::prompt>, std::int64_t,
                                           const aha::random_key&) {
        return {};
    }
#endif
};

static_assert(aha::detail::grpo_slots<my_model>::explain<my_sampler>());
