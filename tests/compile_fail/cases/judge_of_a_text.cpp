// aha: a judge is called as a const object with messages; write: std::string operator\(\)
#include <span>
#include <string>

#include <aha/reward/judge/cached_judge.hpp>

int main() {
#ifdef AHA_DEFECT
    const auto judge = aha::cached([](const std::string& text) { return text; });
#else
    const auto judge = aha::cached([](std::span<const aha::message> messages) { return messages.back().content; });
#endif
    static_cast<void>(judge);
}
