// aha: a reward gives a bool, a number, an aha::score or a std::optional<double>; write: double operator\(\)
#include <string>

#include <aha/concepts/reward.hpp>

template <class Reward>
struct trainer {
    static_assert(aha::require_reward<Reward>());
    explicit trainer(Reward) {}
};

int main() {
#ifdef AHA_DEFECT
    //! [mistake]
    const trainer t{[](const aha::prompt&, const aha::completion& c) { return c.text; }};
    //! [mistake]
#else
    const trainer t{[](const aha::prompt&, const aha::completion& c) { return c.text == "4"; }};
#endif
    static_cast<void>(t);
}
