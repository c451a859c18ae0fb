// aha: a policy loss says whether it reads ref_log_probs; write: bool needs_reference\(\) const;
#include <aha/concepts/policy_loss.hpp>

template <class Loss>
struct trainer {
    static_assert(aha::require_policy_loss<Loss>());
};

struct my_loss {
    aha::loss_output operator()(const aha::policy_batch& b) const { return {b.log_probs, {}}; }
    bool ignores_zero_advantage() const { return true; }
#ifndef AHA_DEFECT
    bool needs_reference() const { return false; }
#endif
};

trainer<my_loss> t;
