// aha: an observer has at least one hook; write: void on_step\(const aha::step_report& report\);
#include <aha/concepts/observer.hpp>

template <class Observer>
void run(Observer& watching) {
    static_assert(aha::require_observer<Observer>());
    aha::notify_end(watching, aha::run_summary{});
}

struct my_observer {
#ifdef AHA_DEFECT
    void when_it_ends(const aha::run_summary&) {}
#else
    void on_end(const aha::run_summary&) {}
#endif
};

int main() {
    my_observer watching;
    run(watching);
}
