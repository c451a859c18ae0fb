// aha: an argument after the trainer.s options fits two of its slots, say an advantage and an aggregation
#include <span>
#include <vector>

#include <aha/testing/bandit.hpp>
#include <aha/train/slots.hpp>

struct same_for_all {
#ifdef AHA_DEFECT
    std::vector<double> operator()(std::span<const aha::score> values) const {
        return std::vector<double>(values.size(), 1.0);
    }
    std::vector<double> operator()(std::span<const std::int64_t> values) const {
        return std::vector<double>(values.size(), 1.0);
    }
#else
    std::vector<double> operator()(std::span<const aha::score> values) const {
        return std::vector<double>(values.size(), 1.0);
    }
#endif
};

static_assert(aha::detail::grpo_slots<aha::testing::bandit>::explain<same_for_all>());
