#include <aha/concepts/observer.hpp>

#include <array>
#include <gtest/gtest.h>
#include <string>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class O>
constexpr std::array clauses{observer_start_is_right<O>, observer_step_is_right<O>, observer_end_is_right<O>,
                             observer_spells_start<O>,   observer_spells_step<O>,   observer_spells_end<O>,
                             observer_has_a_hook<O>};
constexpr std::array wrong_start{false, true, true, true, true, true, true};
constexpr std::array wrong_step{true, false, true, true, true, true, true};
constexpr std::array wrong_end{true, true, false, true, true, true, true};
constexpr std::array misspelt_start{true, true, true, false, true, true, true};
constexpr std::array misspelt_step{true, true, true, true, false, true, true};
constexpr std::array misspelt_end{true, true, true, true, true, false, true};
constexpr std::array no_hook{true, true, true, true, true, true, false};

/// Has a good hook; each near-miss adds one defect.
struct starts {
    void on_start(const run_info&);
};
struct steps {
    void on_step(const step_report&);
};

struct with_all_hooks {
    std::string calls;
    void on_start(const run_info&) { calls += "start "; }
    int on_step(step_report) { return static_cast<int>((calls += "step ").size()); }
    void on_end(const run_summary&) { calls += "end "; }
};
struct with_end_only final {
    mutable int ends = 0;
    void on_end(const auto&) const { ++ends; }
};
struct overloaded : starts {
    void on_step(const step_report&);
    void on_step(int);
};
struct with_innocent_names : steps {
    int step = 0;
    void begin();
    void end();
    void finish();
};
struct abstract {
    virtual void on_step(const step_report&) = 0;
    virtual ~abstract() = default;
};

struct wrong_record_at_start : steps {
    void on_start(const step_report&);
};
struct no_record_at_start : steps {
    void on_start();
};
struct wrong_step_number : starts {
    void on_step(std::int64_t);
};
struct changing_the_report : starts {
    void on_step(step_report&);
};
struct two_wrong_overloads : starts {
    void on_step(int);
    void on_step(const run_info&);
};
struct data_called_on_step : starts {
    int on_step = 0;
};
class hidden_step : public starts {
    void on_step(const step_report&);
};
struct final_with_wrong_step final : starts {
    void on_step();
};
struct wrong_end_template : steps {
    template <class T>
    void on_end(const T&, int);
};

struct spelt_on_begin : steps {
    void on_begin(const run_info&);
};
struct spelt_onStart : steps {
    void onStart(const run_info&);
};
struct spelt_on_starts : steps {
    void on_starts(const run_info&);
};
struct spelt_on_train_begin : steps {
    void on_train_begin(const run_info&);
};
struct spelt_on_train_start : steps {
    void on_train_start(const run_info&);
};
struct spelt_on_steps : starts {
    void on_steps(const step_report&);
};
struct spelt_onStep : starts {
    template <class Report>
    void onStep(const Report&);
};
struct spelt_on_step_end : starts {
    void on_step_end(const step_report&);
};
struct spelt_on_step_begin : starts {
    void on_step_begin(const step_report&);
};
struct spelt_step : starts {
    void step(const step_report&);
};
struct spelt_on_finish : steps {
    void on_finish(const run_summary&);
};
struct spelt_on_stop : steps {
    void on_stop(const run_summary&);
};
struct spelt_onEnd : steps {
    void onEnd(const run_summary&);
};
struct spelt_on_ends : steps {
    void on_ends(const run_summary&);
};
struct spelt_on_train_end : steps {
    void on_train_end(const run_summary&);
};

TEST(observer_concept, the_least_type_satisfies_it) {
    static_assert(require_observer<test::least_observer>() && observer<test::least_observer>);
    static_assert(observer<steps> && observer<starts> && observer<with_end_only> && observer<const with_end_only>);
}

TEST(observer_concept, all_hooks_overloads_and_innocent_names_satisfy_it) {
    static_assert(require_observer<with_all_hooks>() && observer<with_all_hooks>);
    static_assert(observer<overloaded> && observer<with_innocent_names> && observer<abstract>);
    static_assert(observer<changing_the_report>);
}

TEST(observer_concept, only_the_hooks_that_are_there_are_called) {
    with_all_hooks all;
    notify_start(all, run_info{});
    step_report report;
    EXPECT_FALSE(notify_step(all, report));
    notify_end(all, run_summary{});
    EXPECT_EQ(all.calls, "start step end ");
    const with_end_only last;
    notify_start(last, run_info{});
    EXPECT_FALSE(notify_step(last, report));
    EXPECT_EQ(last.ends, 0);
    notify_end(last, run_summary{});
    EXPECT_EQ(last.ends, 1);
}

TEST(observer_concept, a_hook_with_another_signature_breaks_its_clause_alone) {
    static_assert(!observer<wrong_record_at_start> && clauses<wrong_record_at_start> == wrong_start);
    static_assert(!observer<no_record_at_start> && clauses<no_record_at_start> == wrong_start);
    static_assert(!observer<wrong_step_number> && clauses<wrong_step_number> == wrong_step);
    static_assert(!observer<two_wrong_overloads> && clauses<two_wrong_overloads> == wrong_step);
    static_assert(!observer<data_called_on_step> && clauses<data_called_on_step> == wrong_step);
    static_assert(!observer<hidden_step> && clauses<hidden_step> == wrong_step);
    static_assert(!observer<final_with_wrong_step> && clauses<final_with_wrong_step> == wrong_step);
    static_assert(!observer<wrong_end_template> && clauses<wrong_end_template> == wrong_end);
}

TEST(observer_concept, a_misspelt_hook_breaks_its_clause_alone) {
    static_assert(!observer<spelt_on_begin> && clauses<spelt_on_begin> == misspelt_start);
    static_assert(!observer<spelt_onStart> && clauses<spelt_onStart> == misspelt_start);
    static_assert(!observer<spelt_on_starts> && clauses<spelt_on_starts> == misspelt_start);
    static_assert(!observer<spelt_on_train_begin> && clauses<spelt_on_train_begin> == misspelt_start);
    static_assert(!observer<spelt_on_train_start> && clauses<spelt_on_train_start> == misspelt_start);
    static_assert(!observer<spelt_on_steps> && clauses<spelt_on_steps> == misspelt_step);
    static_assert(!observer<spelt_onStep> && clauses<spelt_onStep> == misspelt_step);
    static_assert(!observer<spelt_on_step_end> && clauses<spelt_on_step_end> == misspelt_step);
    static_assert(!observer<spelt_on_step_begin> && clauses<spelt_on_step_begin> == misspelt_step);
    static_assert(!observer<spelt_step> && clauses<spelt_step> == misspelt_step);
    static_assert(!observer<spelt_on_finish> && clauses<spelt_on_finish> == misspelt_end);
    static_assert(!observer<spelt_on_stop> && clauses<spelt_on_stop> == misspelt_end);
    static_assert(!observer<spelt_onEnd> && clauses<spelt_onEnd> == misspelt_end);
    static_assert(!observer<spelt_on_ends> && clauses<spelt_on_ends> == misspelt_end);
    static_assert(!observer<spelt_on_train_end> && clauses<spelt_on_train_end> == misspelt_end);
}

TEST(observer_concept, a_type_without_hooks_breaks_the_last_clause) {
    struct nothing {};
    static_assert(!observer<nothing> && clauses<nothing> == no_hook);
    static_assert(!observer<int> && clauses<int> == no_hook);
    const auto lambda = [](const step_report&) {};
    static_assert(!observer<decltype(lambda)> && clauses<decltype(lambda)> == no_hook);
}

}  // namespace
