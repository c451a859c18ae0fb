// aha: a supervised loss gives the loss of each token, \[N\]; make its operator\(\) return: at::Tensor
#include <aha/concepts/supervised_loss.hpp>

template <class Loss>
struct trainer {
    static_assert(aha::require_supervised_loss<Loss>());
};

struct my_loss {
#ifdef AHA_DEFECT
    double operator()(const at::Tensor& log_probs) const;
#else
    at::Tensor operator()(const at::Tensor& log_probs) const;
#endif
};

trainer<my_loss> t;
