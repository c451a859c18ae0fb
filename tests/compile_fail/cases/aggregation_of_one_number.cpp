// aha: an aggregation gives .*make its operator\(\) return: std::vector<double>
#include <aha/concepts/aggregation.hpp>

template <class Aggregation>
struct trainer {
    static_assert(aha::require_aggregation<Aggregation>());
};

struct my_mean {
#ifdef AHA_DEFECT
    double operator()(std::span<const std::int64_t> lengths) const { return 1.0 / static_cast<double>(lengths.size()); }
#else
    std::vector<double> operator()(std::span<const std::int64_t> lengths) const {
        return std::vector<double>(lengths.size(), 1.0);
    }
#endif
};

trainer<my_mean> t;
