// aha: a judge gives the text of its answer; make its operator\(\) return: std::string
#include <span>
#include <string>

#include <aha/reward/judge/reference_judge.hpp>

int main() {
    const aha::reference_judge reward{[](std::span<const aha::message> messages) {
#ifdef AHA_DEFECT
        return messages.size() == 1 ? 1.0 : 0.0;
#else
        return std::to_string(messages.size());
#endif
    }};
    static_cast<void>(reward);
}
