// aha: an episode's answer\(said\) gives what the policy reads next, or that it is over; make it return:
// aha::environment_answer
#include <aha/concepts/environment.hpp>

template <class Environment>
struct sampler {
    static_assert(aha::require_environment<Environment>());
};

struct my_episode {
#ifdef AHA_DEFECT
    using answered = std::string;
#else
    using answered = aha::environment_answer;
#endif
    answered answer(const std::string& said);
};

struct my_environment {
    my_episode start(const aha::prompt&, const aha::random_stream&) const;
};

sampler<my_environment> s;
