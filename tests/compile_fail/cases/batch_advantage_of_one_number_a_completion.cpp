// aha: a batch advantage gives one float a token; make its operator\(\) return: aha::token_values
#include <span>
#include <vector>

#include <aha/concepts/batch_advantage.hpp>

template <class Advantage>
struct trainer {
    static_assert(aha::require_batch_advantage<Advantage>());
};

struct my_advantage {
#ifdef AHA_DEFECT
    std::vector<std::vector<float>> operator()(std::span<const aha::rollout_group>) const;
#else
    aha::token_values operator()(std::span<const aha::rollout_group>) const;
#endif
};

trainer<my_advantage> t;
