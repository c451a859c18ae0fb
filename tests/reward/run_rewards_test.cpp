#include <aha/reward/run_rewards.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <tests/support/complaint.hpp>

namespace {

using namespace aha;
using aha::test::complaint;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Happens once; shared by whoever waits for it and whoever makes it happen.
class event {
public:
    void set() {
        const std::lock_guard lock{mutex_};
        happened_ = true;
        changed_.notify_all();
    }
    void wait() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return happened_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool happened_ = false;
};

/// Groups of prompts 10, 11, ...; the text of a completion is its number, counted over all groups.
std::vector<rollout_group> groups_of(const std::vector<std::size_t>& sizes) {
    std::vector<rollout_group> groups(sizes.size());
    int number = 0;
    for (std::size_t g = 0; g < sizes.size(); ++g) {
        groups[g].prompt.index = 10 + static_cast<std::int64_t>(g);
        groups[g].prompt.text = "question " + std::to_string(g);
        groups[g].completions.resize(sizes[g]);
        for (completion& c : groups[g].completions) c.text = std::to_string(number++);
    }
    return groups;
}

std::vector<std::vector<double>> values(const std::vector<rollout_group>& groups) {
    std::vector<std::vector<double>> all;
    for (const rollout_group& group : groups) {
        all.emplace_back();
        for (const score& s : group.scores) all.back().push_back(s.value);
    }
    return all;
}

const auto number = [](const prompt&, const completion& c) { return std::stod(c.text); };

TEST(run_rewards, fills_the_scores_in_order_on_any_number_of_threads) {
    for (const std::int64_t threads : {0, 1, 3, 64})
        for (const double deadline : {0.0, 3600.0}) {
            auto groups = groups_of({2, 0, 3, 1});
            run_rewards(groups, number, {.threads = threads, .deadline_seconds = deadline});
            EXPECT_THAT(values(groups),
                        ElementsAre(ElementsAre(0, 1), ElementsAre(), ElementsAre(2, 3, 4), ElementsAre(5)));
        }
    std::vector<rollout_group> none;
    run_rewards(none, number);
}

TEST(run_rewards, takes_every_kind_of_result_and_rewards_that_cannot_be_copied) {
    auto groups = groups_of({1});
    run_rewards(groups, [](const prompt&, const completion&) { return true; });
    EXPECT_EQ(groups[0].scores[0].value, 1);
    run_rewards(groups, [](const prompt&, const completion&) { return std::optional<double>{}; });
    EXPECT_FALSE(groups[0].scores[0].applicable);
    run_rewards(groups, [](const prompt&, const completion&) { return score{2, {{"a", 2}}}; });
    EXPECT_EQ(groups[0].scores[0].parts.at(0).first, "a");
    auto unique = [p = std::make_unique<int>(7)](const prompt&, const completion&) { return *p; };
    run_rewards(groups, unique);
    EXPECT_EQ(groups[0].scores[0].value, 7);
    EXPECT_THAT(complaint([&] { run_rewards(groups, unique, {.deadline_seconds = 1}); }), HasSubstr("can be copied"));
}

TEST(run_rewards, calls_as_many_at_once_as_there_are_threads) {
    auto groups = groups_of({4});
    std::mutex mutex;
    std::condition_variable all_there;
    int inside = 0;
    const auto waits_for_four = [&](const prompt&, const completion&) {
        std::unique_lock lock{mutex};
        ++inside;
        all_there.notify_all();
        all_there.wait(lock, [&] { return inside == 4; });
        return 1;
    };
    run_rewards(groups, waits_for_four, {.threads = 4});
    EXPECT_EQ(inside, 4);

    std::atomic<int> now = 0, most = 0;
    const auto caller = std::this_thread::get_id();
    std::atomic<bool> elsewhere = true;
    auto many = groups_of({20});
    run_rewards(many,
                [&](const prompt&, const completion&) {
                    most = std::max(most.load(), ++now);
                    if (std::this_thread::get_id() == caller) elsewhere = false;
                    --now;
                    return 1;
                },
                {.threads = 1});
    EXPECT_EQ(most, 1);
    EXPECT_TRUE(elsewhere);
}

TEST(run_rewards, stops_at_the_first_failure_in_the_order_of_prompts) {
    for (const double deadline : {0.0, 3600.0}) {
        auto groups = groups_of({2, 4});
        groups[0].scores = {score{42}};
        const auto late = std::make_shared<event>();
        const auto judge = [late](const prompt&, const completion& c) -> double {
            if (c.text == "5") {
                late->set();
                throw std::runtime_error{"the later one"};
            }
            if (c.text == "3") {
                late->wait();
                throw std::runtime_error{"the compiler is missing"};
            }
            return 1;
        };
        const std::string message =
            complaint([&] { run_rewards(groups, judge, {.threads = 8, .deadline_seconds = deadline}); });
        EXPECT_THAT(message, AllOf(HasSubstr("prompt 11, sample 1"), HasSubstr("the compiler is missing")));
        EXPECT_THAT(values(groups), ElementsAre(ElementsAre(42), ElementsAre())) << "nothing is written";
    }
}

TEST(run_rewards, starts_no_call_after_a_failure) {
    auto groups = groups_of({10});
    std::atomic<int> calls = 0;
    const auto judge = [&](const prompt&, const completion& c) {
        ++calls;
        return c.text == "2" ? std::nan("") : 1;
    };
    EXPECT_THAT(complaint([&] { run_rewards(groups, judge, {.threads = 1}); }),
                AllOf(HasSubstr("prompt 10, sample 2"), HasSubstr("nan")));
    EXPECT_EQ(calls, 3);
}

/// Fails in every way but one.
score failing(const prompt&, const completion& c) {
    switch (std::stoi(c.text)) {
        case 0: throw std::runtime_error{"no compiler"};
        case 1: throw 5;
        case 2: return std::numeric_limits<double>::quiet_NaN();
        case 3: return -std::numeric_limits<double>::infinity();
        case 4: return score{1, {{"good", 1}, {"bad", std::nan("")}}};
        default: return 1;
    }
}

TEST(run_rewards, goes_on_after_failures_by_the_rule_and_reports_them) {
    for (const failure_rule rule : {failure_rule::score_zero, failure_rule::not_applicable}) {
        auto groups = groups_of({4, 2});
        std::vector<std::string> lines;
        run_rewards(groups, &failing, {.threads = 4, .on_failure = rule, .report = [&](const std::string& line) {
                                           lines.push_back(line);
                                       }});
        EXPECT_THAT(lines, ElementsAre(AllOf(HasSubstr("prompt 10, sample 0"), HasSubstr("no compiler")),
                                       AllOf(HasSubstr("prompt 10, sample 1"), HasSubstr("no std::exception")),
                                       AllOf(HasSubstr("prompt 10, sample 2"), HasSubstr("nan")),
                                       AllOf(HasSubstr("prompt 10, sample 3"), HasSubstr("inf")),
                                       AllOf(HasSubstr("prompt 11, sample 0"), HasSubstr("part \"bad\" is nan"))));
        EXPECT_THAT(values(groups), ElementsAre(ElementsAre(0, 0, 0, 0), ElementsAre(0, 1)));
        const bool applicable = rule == failure_rule::score_zero;
        for (const score& s : groups[0].scores) EXPECT_EQ(s.applicable, applicable);
        EXPECT_EQ(groups[1].scores[0].applicable, applicable);
        EXPECT_TRUE(groups[1].scores[0].parts.empty());
        EXPECT_TRUE(groups[1].scores[1].applicable);
    }
}

TEST(run_rewards, reports_to_the_standard_error_stream_unless_told_otherwise) {
    auto groups = groups_of({1});
    testing::internal::CaptureStderr();
    run_rewards(groups, &failing, {.on_failure = failure_rule::score_zero});
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                AllOf(HasSubstr("prompt 10, sample 0"), testing::EndsWith("\n")));
}

TEST(run_rewards, reports_a_slow_call_while_it_runs) {
    for (const double deadline : {0.0, 3600.0}) {
        auto groups = groups_of({2});
        groups[0].prompt.text =
            "line\n" + std::string(92, 'x') + "\u00e9\u00e9 and more";  // the 100th byte splits an e
        const auto reported = std::make_shared<event>();
        const auto judge = [reported](const prompt&, const completion& c) {
            if (c.text == "1") reported->wait();
            return 1;
        };
        std::vector<std::string> lines;
        const auto report = [&](const std::string& line) {
            if (line.find("sample 1") == std::string::npos) return;  // on a busy machine any call may be slow
            lines.push_back(line);
            reported->set();
        };
        run_rewards(groups, judge, {.slow_seconds = 1e-3, .deadline_seconds = deadline, .report = report});
        EXPECT_THAT(lines, ElementsAre(AllOf(HasSubstr("prompt 10, sample 1"), HasSubstr("\"line xxx"),
                                             HasSubstr("xx\u00e9...\""))));
        EXPECT_THAT(values(groups), ElementsAre(ElementsAre(1, 1)));
    }
}

/// For calls that are left behind: they wait for `go`, and `gone` says that their threads hold nothing any more.
struct left_behind {
    std::shared_ptr<event> go = std::make_shared<event>();
    std::shared_ptr<event> gone = std::make_shared<event>();
    std::shared_ptr<void> alive{static_cast<void*>(nullptr), [gone = gone](void*) { gone->set(); }};

    void wait_until_gone() {
        alive.reset();
        go->set();
        gone->wait();
    }
};

TEST(run_rewards, a_report_that_throws_leaves_no_thread_on_the_callers_memory) {
    struct refusal {};
    for (const double deadline : {0.0, 3600.0}) {
        left_behind calls;
        auto groups = std::make_unique<std::vector<rollout_group>>(groups_of({3}));
        const auto report = [&](const std::string&) {
            if (deadline == 0) calls.go->set();  // else the calls are left behind
            throw refusal{};
        };
        {
            const auto judge = [go = calls.go, alive = calls.alive](const prompt&, const completion& c) {
                go->wait();
                return std::stod(c.text);
            };
            EXPECT_THROW(
                run_rewards(*groups, judge, {.slow_seconds = 1e-3, .deadline_seconds = deadline, .report = report}),
                refusal);
        }
        groups.reset();
        calls.wait_until_gone();
    }
}

TEST(run_rewards, leaves_behind_a_call_beyond_its_deadline) {
    for (const failure_rule rule : {failure_rule::score_zero, failure_rule::not_applicable}) {
        left_behind calls;
        const auto asked = std::make_shared<std::atomic<int>>(0);
        const auto read = std::make_shared<std::string>();  // written by the call left behind, after the caller went on
        auto groups = std::make_unique<std::vector<rollout_group>>(groups_of({3}));
        (*groups)[0].completions[1].text = "hangs";
        std::vector<std::string> lines;
        {
            const auto judge = [go = calls.go, alive = calls.alive, asked, read](const prompt& p, const completion& c) {
                ++*asked;
                if (c.text != "hangs") return 1;
                go->wait();
                *read = p.text + ' ' + c.text;
                return 1;
            };
            run_rewards(*groups, judge,
                        {.threads = 1,
                         .slow_seconds = 0,
                         .deadline_seconds = 0.05,
                         .on_failure = rule,
                         .report = [&](const std::string& line) { lines.push_back(line); }});
        }
        ASSERT_EQ((*groups)[0].scores.size(), 3U);
        EXPECT_EQ((*groups)[0].scores[1].value, 0);
        EXPECT_EQ((*groups)[0].scores[1].applicable, rule == failure_rule::score_zero);
        EXPECT_THAT(lines, testing::Contains(AllOf(HasSubstr("prompt 10, sample 1"), HasSubstr("deadline of 0.05 s"))));
        groups.reset();
        calls.wait_until_gone();
        EXPECT_EQ(*asked, 3) << "another thread goes on after the call left behind";
        EXPECT_EQ(*read, "question 0 hangs");
    }
}

TEST(run_rewards, stops_at_a_call_beyond_its_deadline_if_that_is_the_rule) {
    left_behind calls;
    auto groups = groups_of({2, 2});
    const std::string message = complaint([&] {
        const auto judge = [go = calls.go, alive = calls.alive](const prompt&, const completion&) {
            go->wait();
            return 1;
        };
        run_rewards(groups, judge, {.threads = 2, .deadline_seconds = 0.01});
    });
    EXPECT_THAT(message, AllOf(HasSubstr("prompt 10, sample 0"), HasSubstr("deadline of 0.01 s")));
    calls.wait_until_gone();
}

/// Scores each completion with the size of its group.
const auto size_of_group = [](const prompt&, std::span<const completion> cs) {
    return std::vector<score>(cs.size(), score{static_cast<double>(cs.size())});
};

TEST(run_rewards, calls_a_group_reward_once_a_group) {
    for (const std::int64_t threads : {1, 3})
        for (const double deadline : {0.0, 3600.0}) {
            auto groups = groups_of({2, 0, 3});
            const auto calls = std::make_shared<std::atomic<int>>(0);
            const auto judge = [calls](const prompt& p, std::span<const completion> cs) {
                ++*calls;
                auto scores = size_of_group(p, cs);
                scores.front().value = std::stod(cs.front().text);
                return scores;
            };
            run_rewards(groups, judge, {.threads = threads, .deadline_seconds = deadline});
            EXPECT_THAT(values(groups), ElementsAre(ElementsAre(0, 2), ElementsAre(), ElementsAre(2, 3, 3)));
            EXPECT_EQ(*calls, 2) << "a group without completions is not asked about";
        }
}

TEST(run_rewards, a_group_reward_that_throws_fails_for_its_group) {
    const auto judge = [](const prompt& p, std::span<const completion> cs) {
        if (p.index == 11) throw std::runtime_error{"no compiler"};
        return size_of_group(p, cs);
    };
    auto groups = groups_of({1, 2, 1});
    EXPECT_THAT(complaint([&] { run_rewards(groups, judge); }),
                AllOf(HasSubstr("prompt 11: the reward threw: no compiler")));
    for (const failure_rule rule : {failure_rule::score_zero, failure_rule::not_applicable}) {
        std::vector<std::string> lines;
        run_rewards(groups, judge,
                    {.on_failure = rule, .report = [&](const std::string& line) { lines.push_back(line); }});
        EXPECT_THAT(lines, ElementsAre(HasSubstr("prompt 11: the reward threw: no compiler")));
        EXPECT_THAT(values(groups), ElementsAre(ElementsAre(1), ElementsAre(0, 0), ElementsAre(1)));
        for (const score& s : groups[1].scores) EXPECT_EQ(s.applicable, rule == failure_rule::score_zero);
    }
}

TEST(run_rewards, a_group_rewards_bad_score_is_its_own_completions_failure) {
    const auto judge = [](const prompt& p, std::span<const completion> cs) {
        auto scores = size_of_group(p, cs);
        for (std::size_t i = 0; i < cs.size(); ++i)
            if (cs[i].text == "2") scores[i] = score{std::nan("")};
        return scores;
    };
    auto groups = groups_of({1, 3});
    EXPECT_THAT(complaint([&] { run_rewards(groups, judge, {.threads = 1}); }),
                AllOf(HasSubstr("prompt 11, sample 1"), HasSubstr("nan")));
    std::vector<std::string> lines;
    run_rewards(groups, judge, {.on_failure = failure_rule::not_applicable, .report = [&](const std::string& line) {
                                    lines.push_back(line);
                                }});
    EXPECT_THAT(lines, ElementsAre(AllOf(HasSubstr("prompt 11, sample 1"), HasSubstr("nan"))));
    EXPECT_THAT(values(groups), ElementsAre(ElementsAre(1), ElementsAre(3, 0, 3)));
    EXPECT_FALSE(groups[1].scores[1].applicable);
    EXPECT_TRUE(groups[1].scores[2].applicable);
}

TEST(run_rewards, refuses_another_number_of_scores_than_of_completions) {
    auto groups = groups_of({2});
    const auto judge = [](const prompt&, std::span<const completion>) { return std::vector<score>(3); };
    EXPECT_THAT(complaint([&] { run_rewards(groups, judge); }),
                AllOf(HasSubstr("prompt 10"), HasSubstr("3 scores for 2 completions")));
}

TEST(run_rewards, leaves_behind_a_group_reward_beyond_its_deadline) {
    left_behind calls;
    auto groups = groups_of({2, 1});
    std::vector<std::string> lines;
    {
        const auto judge = [go = calls.go, alive = calls.alive](const prompt& p, std::span<const completion> cs) {
            if (p.index == 10) go->wait();
            return size_of_group(p, cs);
        };
        run_rewards(groups, judge,
                    {.threads = 1,
                     .slow_seconds = 0,
                     .deadline_seconds = 0.05,
                     .on_failure = failure_rule::score_zero,
                     .report = [&](const std::string& line) { lines.push_back(line); }});
    }
    EXPECT_THAT(lines, testing::Contains(AllOf(HasSubstr("prompt 10: "), HasSubstr("deadline of 0.05 s"))));
    EXPECT_THAT(values(groups).at(0), ElementsAre(0, 0));
    calls.wait_until_gone();
}

TEST(run_rewards, refuses_options_that_make_no_sense) {
    auto groups = groups_of({1});
    const auto message = [&](const reward_options& options) {
        return complaint([&] { run_rewards(groups, number, options); });
    };
    EXPECT_THAT(message({.threads = -1}), HasSubstr("threads must be 0 (one a core) or more, not -1"));
    EXPECT_THAT(message({.slow_seconds = -2}), HasSubstr("slow_seconds must be 0 (never) or more, not -2"));
    EXPECT_THAT(message({.slow_seconds = std::nan("")}), HasSubstr("slow_seconds"));
    EXPECT_THAT(message({.deadline_seconds = -3}), HasSubstr("deadline_seconds must be 0 (none) or more, not -3"));
    EXPECT_EQ(message({.slow_seconds = 1e300, .deadline_seconds = 1e300}), "no complaint");
}

}  // namespace
