// aha: an advantage gives one double a score; make its operator\(\) return: std::vector<double>
#include <aha/concepts/advantage.hpp>

template <class Advantage>
struct trainer {
    static_assert(aha::require_advantage<Advantage>());
};

struct my_advantage {
#ifdef AHA_DEFECT
    std::vector<float> operator()(std::span<const aha::score>) const;
#else
    std::vector<double> operator()(std::span<const aha::score>) const;
#endif
};

trainer<my_advantage> t;
