// aha: a group reward gives one score a completion; make its operator\(\) return: std::vector<aha::score>
#include <span>
#include <vector>

#include <aha/concepts/group_reward.hpp>

template <class Reward>
struct trainer {
    static_assert(aha::require_any_reward<Reward>());
    explicit trainer(Reward) {}
};

int main() {
    const trainer t{[](const aha::prompt&, std::span<const aha::completion> cs) {
#ifdef AHA_DEFECT
        return std::vector<double>(cs.size());
#else
        return std::vector<aha::score>(cs.size());
#endif
    }};
    static_cast<void>(t);
}
