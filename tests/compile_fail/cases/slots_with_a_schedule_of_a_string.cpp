// aha: a schedule gives the factor of the learning rate; make its operator\(\) return: double
#include <string>

#include <aha/train/slots.hpp>

#ifdef AHA_DEFECT
constexpr auto schedule = [](std::int64_t) { return std::string{"cosine"}; };
#else
constexpr auto schedule = [](std::int64_t) { return 1.0; };
#endif

static_assert(aha::detail::sft_slots::explain<decltype(schedule)>());
