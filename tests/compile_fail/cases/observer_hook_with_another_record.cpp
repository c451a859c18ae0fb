// aha: an observer's on_step cannot be called with a step's report; write, .*void on_step\(const aha::step_report&
#include <aha/concepts/observer.hpp>

template <class Observer>
void run(Observer& watching) {
    static_assert(aha::require_observer<Observer>());
    aha::step_report report;
    aha::notify_step(watching, report);
}

struct my_observer {
#ifdef AHA_DEFECT
    void on_step(int) {}
#else
    void on_step(const aha::step_report&) {}
#endif
};

int main() {
    my_observer watching;
    run(watching);
}
