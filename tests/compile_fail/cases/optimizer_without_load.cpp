// aha: an optimizer goes on from a checkpoint; write: void load\(const aha::state& saved\);
#include <aha/concepts/optimizer.hpp>

template <class Optimizer>
struct trainer {
    static_assert(aha::require_optimizer<Optimizer>());
};

struct my_optimizer {
    void step(const aha::parameters&, double);
    aha::state save() const;
#ifndef AHA_DEFECT
    void load(const aha::state&);
#endif
};

trainer<my_optimizer> t;
