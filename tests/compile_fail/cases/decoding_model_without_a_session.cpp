// aha: a decoding model names the type of a batch being decoded; write: using session = my_session;
#include <aha/concepts/decoding_model.hpp>
#include <aha/testing/bandit.hpp>

template <class Model>
struct sampler {
    static_assert(aha::require_decoding_model<Model>());
};

#ifdef AHA_DEFECT
struct my_model {
    using tensor_policy = aha::cpu<float>;
    at::Tensor hidden(const aha::packed_trees&) const;
    aha::lm_head head() const;
    const aha::parameters& weights() const;
    void refresh();
    std::int64_t context() const;
};
#else
using my_model = aha::testing::bandit;
#endif

sampler<my_model> t;
