// aha: a language model computes hidden states .*; write: at::Tensor hidden\(const aha::packed_trees& trees\) const;
#include <vector>

#include <aha/concepts/language_model.hpp>
#include <aha/core/tensor_policy.hpp>

template <class Model>
struct trainer {
    static_assert(aha::require_language_model<Model>());
};

struct my_model {
    using tensor_policy = aha::cpu<float>;
#ifdef AHA_DEFECT
    std::vector<float> hidden(const aha::packed_trees&) const;
#else
    at::Tensor hidden(const aha::packed_trees&) const;
#endif
    aha::lm_head head() const;
    const aha::parameters& weights() const;
    void refresh();
};

trainer<my_model> t;
