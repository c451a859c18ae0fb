// aha: an environment's episode answers what the policy said; write in it: aha::environment_answer answer\(
#include <aha/concepts/environment.hpp>

template <class Environment>
struct sampler {
    static_assert(aha::require_environment<Environment>());
};

struct my_episode {
#ifdef AHA_DEFECT
    aha::environment_answer answer(const std::vector<aha::token_id>& said);
#else
    aha::environment_answer answer(const std::string& said);
#endif
};

struct my_environment {
    my_episode start(const aha::prompt&, const aha::random_stream&) const;
};

sampler<my_environment> s;
