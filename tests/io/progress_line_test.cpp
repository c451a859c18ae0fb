#include <aha/io/progress_line.hpp>

#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/observer.hpp>

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
