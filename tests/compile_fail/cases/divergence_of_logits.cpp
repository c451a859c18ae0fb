// aha: a divergence gives values \[n\] and slopes \[n, B\]; make its operator\(\) return: aha::divergence_output
#include <aha/concepts/divergence.hpp>

template <class Divergence>
struct trainer {
    static_assert(aha::require_divergence<Divergence>());
};

struct my_divergence {
#ifdef AHA_DEFECT
    at::Tensor operator()(const at::Tensor& log_q, const at::Tensor&) const { return log_q; }
#else
    aha::divergence_output operator()(const at::Tensor& log_q, const at::Tensor&) const { return {log_q, log_q}; }
#endif
};

trainer<my_divergence> t;
