#include <aha/io/progress_line.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/observer.hpp>
#include <aha/core/records.hpp>

namespace {

static_assert(aha::require_observer<aha::progress_line>());

std::string after(aha::progress_line& line, std::ostringstream& out, std::int64_t step,
                  std::vector<std::pair<std::string, double>> metrics, std::int64_t total = 40) {
    out.str("");
    line.on_step({.step = step, .total_steps = total, .metrics = std::move(metrics), .groups = {}});
    return out.str();
}

TEST(progress_line, shows_the_step_its_pace_and_the_time_left) {
    std::ostringstream out;
    aha::progress_line line{out};
    line.on_start({.total_steps = 40});
    EXPECT_EQ(after(line, out, 1, {{"reward", 1.25}, {"num_tokens", 1000}, {"step_time", 4}}),
              "step 1/40  reward 1.25  4.00 s  250 tok/s  left 2m36s\n");
    EXPECT_EQ(after(line, out, 2, {{"num_tokens", 1600}, {"step_time", 2}}),
              "step 2/40  2.00 s  300 tok/s  left 1m54s\n");
    EXPECT_EQ(after(line, out, 3, {{"tokens/s", 77}}), "step 3/40  77.0 tok/s  left 1m51s\n");
    EXPECT_EQ(after(line, out, 40, {}), "step 40/40\n");
    EXPECT_EQ(after(line, out, 5, {{"step_time", 3}}, 0), "step 5  3.00 s\n");
}

TEST(progress_line, of_a_resumed_run_knows_the_pace_from_its_second_step) {
    std::ostringstream out;
    aha::progress_line line{out};
    line.on_start({.total_steps = 40, .start_step = 20});
    EXPECT_EQ(after(line, out, 21, {{"num_tokens", 90'000}, {"step_time", 600}}), "step 21/40  600 s  left 3h10m\n");
    EXPECT_EQ(after(line, out, 22, {{"num_tokens", 90'300}, {"step_time", 600}}),
              "step 22/40  600 s  0.50 tok/s  left 3h00m\n");
}

/// A step of one group with these rewards and text.
aha::step_report step_of(std::int64_t step, std::vector<double> rewards, aha::finish_reason finish,
                         const std::string& text = "12 + 3 = 15") {
    aha::rollout_group group;
    group.prompt.text = "What is 12 + 3?";
    group.prompt.fields = {{"answer", "15"}};
    for (const double reward : rewards) {
        aha::completion c;
        c.text = text;
        c.finish = finish;
        group.completions.push_back(c);
        group.scores.emplace_back(reward);
    }
    aha::step_report report{.step = step, .metrics = {}, .groups = {}};
    const bool same = rewards.front() == rewards.back();
    report.metrics = {{"reward", same ? rewards.front() : 0.5}, {"frac_reward_zero_std", same ? 1 : 0}};
    report.groups = std::make_shared<const std::vector<aha::rollout_group>>(1, group);
    return report;
}

std::string told(aha::progress_line& line, std::ostringstream& out, const aha::step_report& report) {
    out.str("");
    line.on_step(report);
    const std::string text = out.str();
    const std::size_t note = text.find("note: ");
    return note == std::string::npos ? "" : text.substr(note);
}

TEST(progress_line, says_once_that_three_steps_had_one_reward_and_what_to_look_at) {
    using aha::finish_reason;
    std::ostringstream out;
    aha::progress_line line{out};
    line.on_start({});
    EXPECT_EQ(told(line, out, step_of(1, {0, 0}, finish_reason::stop_string)), "");
    EXPECT_EQ(told(line, out, step_of(2, {0, 1}, finish_reason::stop_string)), "");
    EXPECT_EQ(told(line, out, step_of(3, {0, 0}, finish_reason::stop_string)), "");
    EXPECT_EQ(told(line, out, step_of(4, {1, 1}, finish_reason::stop_string)), "");  // another one
    EXPECT_EQ(told(line, out, step_of(5, {0, 0}, finish_reason::stop_string)), "");
    EXPECT_EQ(told(line, out, step_of(6, {0, 0}, finish_reason::stop_string)), "");
    EXPECT_EQ(told(line, out, step_of(7, {0, 0}, finish_reason::stop_string)),
              "note: the reward was 0 for every completion of steps 5 to 7, so that there is nothing to learn from. "
              "Look at what it "
              "sees. The prompt ends \"What is 12 + 3?\", the first completion is \"12 + 3 = 15\" (stop_string), the "
              "row is {\"answer\":\"15\"}: is the answer where the reward looks for it, and of the same type? The text "
              "ends before the stop string, unless sampling_options::include_stop_string says otherwise.\n");
    EXPECT_EQ(told(line, out, step_of(8, {0, 0}, finish_reason::stop_string)), "");
}

TEST(progress_line, says_that_the_budget_cut_the_completions_that_all_have_one_reward) {
    std::ostringstream out;
    aha::progress_line line{out};
    line.on_start({});
    std::string note;
    for (std::int64_t step = 1; step <= 3; ++step)
        note = told(line, out, step_of(step, {0, 0}, aha::finish_reason::length, std::string(500, 'x')));
    EXPECT_THAT(note, testing::HasSubstr("The token budget cut off 100 % of the completions: raise max_new_tokens."));
    EXPECT_THAT(note, testing::HasSubstr("the first completion is \"" + std::string(160, 'x') + "\"... (length)"));
    EXPECT_THAT(note, testing::Not(testing::HasSubstr("stop string")));
}

TEST(progress_line, writes_times_as_people_do) {
    EXPECT_EQ(aha::detail::readable_seconds(9.4), "9s");
    EXPECT_EQ(aha::detail::readable_seconds(59.6), "1m00s");
    EXPECT_EQ(aha::detail::readable_seconds(7500), "2h05m");
}

TEST(progress_line, prints_notes_before_the_first_step_and_how_a_run_without_steps_ended) {
    std::ostringstream out;
    aha::progress_line line{out};
    line.on_start({.total_steps = 40, .notes = {"the batch size is another", "the rate too"}});
    EXPECT_EQ(out.str(), "note: the batch size is another\nnote: the rate too\n");
    const auto end = [&](const aha::run_summary& summary) {
        out.str("");
        line.on_end(summary);
        return out.str();
    };
    EXPECT_EQ(end({.steps = 40}), "");
    EXPECT_EQ(end({.steps = 40, .already_done = true}),
              "already done: all 40 steps were taken before, and none is left\n");
    EXPECT_EQ(end({.steps = 3, .failure = "x"}), "the run was ended by an error; saved after step 3\n");
    EXPECT_EQ(end({.failure = "x"}), "the run was ended by an error; nothing was saved\n");
}

}  // namespace
