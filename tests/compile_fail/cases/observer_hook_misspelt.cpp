// aha: an observer's member on_steps, .* the hook's name is on_step; write: void on_step\(const aha::step_report&
#include <aha/concepts/observer.hpp>

template <class Observer>
void run(Observer& watching) {
    static_assert(aha::require_observer<Observer>());
    aha::step_report report;
    aha::notify_step(watching, report);
}

struct my_observer {
    void on_start(const aha::run_info&) {}
#ifdef AHA_DEFECT
    void on_steps(const aha::step_report&) {}
#else
    void on_step(const aha::step_report&) {}
#endif
};

int main() {
    my_observer watching;
    run(watching);
}
