// aha: an optimizer goes on from a checkpoint; write: void load\(const aha::state& saved\);
#include <aha/train/slots.hpp>

struct my_optimizer {
    void step(const aha::parameters& weights, double rate) { weights.values().sub_(weights.gradients(), rate); }
    aha::state save() const { return {}; }
#ifndef AHA_DEFECT
    void load(const aha::state&) {}
#endif
};

struct my_model {};

static_assert(aha::detail::grpo_slots<my_model>::explain<my_optimizer>());
