// aha: an argument after the trainer.s options fits two of its slots, say an advantage and an aggregation
#include <span>
#include <vector>

#include <aha/testing/bandit.hpp>
#include <aha/train/trainer_slots.hpp>

#ifdef AHA_DEFECT
constexpr auto same_for_all = [](auto values) -> std::vector<double> {
    return std::vector<double>(values.size(), 1.0);
};
#else
constexpr auto same_for_all = [](std::span<const aha::score> values) {
    return std::vector<double>(values.size(), 1.0);
};
#endif

static_assert(aha::detail::grpo_slots<aha::testing::bandit>::explain<decltype(same_for_all)>());
