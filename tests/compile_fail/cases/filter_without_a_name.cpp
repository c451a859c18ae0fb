// aha: what a completion filter refuses is counted under its name; write: std::string name\(\) const;
#include <string>

#include <aha/concepts/completion_filter.hpp>

template <class Filter>
struct sampling {
    static_assert(aha::require_completion_filter<Filter>());
};

struct my_filter {
    bool operator()(const aha::prompt&, const aha::completion&) const;
#ifndef AHA_DEFECT
    std::string name() const;
#endif
};

sampling<my_filter> s;
