// aha: an environment begins an episode for a prompt; write: my_episode start\(const aha::prompt& p,
#include <aha/concepts/environment.hpp>

template <class Environment>
struct sampler {
    static_assert(aha::require_environment<Environment>());
};

struct my_episode {
    aha::environment_answer answer(const std::string& said);
};

struct my_environment {
#ifdef AHA_DEFECT
    my_episode start(const aha::prompt&) const;  // no random numbers
#else
    my_episode start(const aha::prompt&, const aha::random_stream&) const;
#endif
};

sampler<my_environment> s;
