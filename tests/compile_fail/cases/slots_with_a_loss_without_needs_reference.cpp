// aha: a policy loss says whether it reads ref_log_probs; write: bool needs_reference\(\) const;
#include <aha/train/slots.hpp>

struct my_loss {
    aha::loss_output operator()(const aha::policy_batch& batch) const { return {batch.log_probs.sum(), {}}; }
#ifndef AHA_DEFECT
    bool needs_reference() const { return false; }
#endif
    bool ignores_zero_advantage() const { return false; }
};

struct my_model {};

static_assert(aha::detail::grpo_slots<my_model>::explain<my_loss>());
