// aha: a preference loss gives the implicit rewards of a side's completions, \[P\]; write: at::Tensor rewards\(const aha::side_log_probs& side\) const;
#include <aha/concepts/preference_loss.hpp>

template <class Loss>
struct trainer {
    static_assert(aha::require_preference_loss<Loss>());
};

struct my_loss {
    at::Tensor operator()(const aha::preference_log_probs& pairs) const {
        return pairs.rejected.policy - pairs.chosen.policy;
    }
    bool needs_reference() const { return false; }
#ifndef AHA_DEFECT
    at::Tensor rewards(const aha::side_log_probs& side) const { return side.policy; }
#endif
};

trainer<my_loss> t;
