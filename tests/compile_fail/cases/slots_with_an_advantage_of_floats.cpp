// aha: an advantage is called as a const object with the scores of a group; write: std::vector<double> operator\(\)
#include <aha/train/slots.hpp>

struct my_advantage {
#ifdef AHA_DEFECT
    std::vector<double> operator()(std::span<const float> scores) const { return std::vector<double>(scores.size()); }
#else
    std::vector<double> operator()(std::span<const aha::score> scores) const {
        return std::vector<double>(scores.size());
    }
#endif
};

struct my_model {};

static_assert(aha::detail::grpo_slots<my_model>::explain<my_advantage>());
