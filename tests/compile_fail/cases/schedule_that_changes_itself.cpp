// aha: a schedule is called as a const object with the step; write: double operator\(\)\(std::int64_t step\) const;
#include <aha/concepts/schedule.hpp>

template <class Schedule>
struct trainer {
    static_assert(aha::require_schedule<Schedule>());
    explicit trainer(Schedule) {}
};

int main() {
    double rate = 1;
#ifdef AHA_DEFECT
    const trainer t{[rate](std::int64_t) mutable { return rate *= 0.9; }};
#else
    const trainer t{[rate](std::int64_t) { return rate; }};
#endif
    static_cast<void>(t);
}
