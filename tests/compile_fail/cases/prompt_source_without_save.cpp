// aha: a prompt source .*; write: aha::state save\(\) const;
#include <aha/concepts/prompt_source.hpp>

template <class Source>
struct trainer {
    static_assert(aha::require_prompt_source<Source>());
};

struct my_prompts {
    std::optional<aha::prompt> next() { return {}; }
    void load(const aha::state&) {}
#ifndef AHA_DEFECT
    aha::state save() const { return {}; }
#endif
};

trainer<my_prompts> t;
