// aha: a checkpoint store gives the latest state back, or nothing; write: std::optional<std::pair<std::int64_t,
// aha::state>> load_latest\(\);
#include <aha/concepts/checkpoint_store.hpp>

template <class Store>
struct trainer {
    static_assert(aha::require_checkpoint_store<Store>());
};

struct my_store {
    void save(std::int64_t, const aha::state&) {}
#ifdef AHA_DEFECT
    std::optional<aha::state> load_latest() { return {}; }
#else
    std::optional<std::pair<std::int64_t, aha::state> > load_latest() { return {}; }
#endif
};

trainer<my_store> t;
