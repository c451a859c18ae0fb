#pragma once

#include <cstdint>

namespace aha::math {

/// How much one comparison may still work, in additions of numbers with 50 digits; what would take more has no value.
/// It is counted, not timed, so that an answer gets the same verdict on every machine and thread.
class work_budget {
public:
    /// A budget of `units`.
    explicit work_budget(std::int64_t units = 10'000) : left_{units} {}

    /// Takes `units`; false if there are not so many left, now and from then on.
    bool spend(std::int64_t units) {
        left_ -= units;
        return left_ >= 0;
    }

    /// Whether something asked for more than there was.
    bool exhausted() const { return left_ < 0; }

private:
    std::int64_t left_;
};

}  // namespace aha::math
