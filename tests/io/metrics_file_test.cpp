#include <aha/io/metrics_file.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

#include <aha/concepts/observer.hpp>
#include <tests/io/support.hpp>

namespace {

using aha::test::complaint;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

static_assert(aha::require_observer<aha::metrics_file>());

class metrics_file_test : public aha::test::in_a_folder {
protected:
    static aha::step_report report(std::int64_t step) {
        return {.step = step,
                .total_steps = 9,
                .metrics = {{"reward", 0.1 * static_cast<double>(step)}, {"kl", 2e-5}},
                .groups = {}};
    }
    /// A run from `start` to `end`.
    void run(std::int64_t start, std::int64_t end) const {
        aha::metrics_file file{folder_};
        file.on_start({.total_steps = 9, .start_step = start});
        for (std::int64_t step = start + 1; step <= end; ++step) file.on_step(report(step));
    }
};

TEST_F(metrics_file_test, writes_a_line_a_step_at_once) {
    aha::metrics_file file{folder_ / "made" / "by it"};
    file.on_start({});
    const double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
    file.on_step(
        {.step = 1, .metrics = {{"reward", 0.5}, {"a/b", -2}, {"bad", nan}, {"worse", -infinite}}, .groups = {}});
    EXPECT_EQ(content("made/by it/metrics.jsonl"),
              "{\"step\":1,\"reward\":0.5,\"a/b\":-2.0,\"bad\":null,\"worse\":null}\n");
    file.on_step({.step = 2, .metrics = {}, .groups = {}});
    EXPECT_THAT(content("made/by it/metrics.jsonl"), EndsWith("null}\n{\"step\":2}\n"));
}

TEST_F(metrics_file_test, of_a_killed_and_resumed_run_is_that_of_one_never_stopped) {
    run(0, 9);
    const std::string whole = content("metrics.jsonl");
    const std::vector<std::string> ends{"", "{\"step\": 1", "\n", "{}", std::string(5, '\0')};
    for (int killed_after = 4; killed_after <= 9; ++killed_after)
        for (const std::string& torn : ends) {
            std::filesystem::remove(folder_ / "metrics.jsonl");
            run(0, killed_after);
            put("metrics.jsonl", content("metrics.jsonl") + torn);
            run(4, 9);
            ASSERT_EQ(content("metrics.jsonl"), whole) << killed_after << torn;
        }
    EXPECT_THAT(names(), ElementsAre("metrics.jsonl"));
}

TEST_F(metrics_file_test, of_an_earlier_run_is_set_aside_by_a_fresh_one) {
    run(0, 3);
    const std::string first = content("metrics.jsonl");
    run(0, 2);
    run(0, 1);
    EXPECT_THAT(names(), ElementsAre("metrics.jsonl", "metrics.jsonl.replaced-1", "metrics.jsonl.replaced-2"));
    EXPECT_EQ(content("metrics.jsonl.replaced-1"), first);
    EXPECT_THAT(content("metrics.jsonl"), HasSubstr("\"step\":1"));
}

TEST_F(metrics_file_test, starts_by_itself) {
    run(0, 5);
    aha::metrics_file file{folder_};
    file.on_step(report(4));
    const std::string whole = content("metrics.jsonl");
    EXPECT_THAT(whole, EndsWith("\"kl\":2e-05}\n"));
    EXPECT_EQ(std::count(whole.begin(), whole.end(), '\n'), 4);
}

TEST_F(metrics_file_test, goes_on_after_a_last_line_without_its_end) {
    run(0, 3);
    const std::string whole = content("metrics.jsonl");
    run(0, 2);
    put("metrics.jsonl", content("metrics.jsonl").substr(0, content("metrics.jsonl").size() - 1));
    run(2, 3);
    EXPECT_EQ(content("metrics.jsonl"), whole);
}

TEST_F(metrics_file_test, leaves_a_file_that_is_not_its_own) {
    const std::string foreign = "{\"step\":1}\nmy notes\n{\"step\":2}\n";
    put("metrics.jsonl", foreign);
    EXPECT_THAT(complaint([&] { run(2, 3); }), HasSubstr("metrics.jsonl:2: not a line with a step"));
    EXPECT_EQ(content("metrics.jsonl"), foreign);
    EXPECT_THAT(names(), ElementsAre("metrics.jsonl"));
}

TEST_F(metrics_file_test, says_where_it_cannot_write) {
    put("file", "");
    EXPECT_THAT(
        complaint([&] { aha::metrics_file{folder_ / "file"}.on_start({}); }),
        testing::AllOf(HasSubstr("cannot write"), HasSubstr("file/metrics.jsonl"), HasSubstr("Not a directory")));
}

TEST_F(metrics_file_test, keeps_whole_lines_when_the_disk_is_full) {
    run(0, 3);
    const std::string before = content("metrics.jsonl");
    aha::metrics_file file{folder_};
    file.on_start({.start_step = 3});
    {
        const aha::test::full_disk full{before.size() + 5};
        EXPECT_THAT(complaint([&] { file.on_step(report(4)); }), EndsWith("metrics.jsonl\": File too large"));
    }
    EXPECT_EQ(content("metrics.jsonl"), before);
    file.on_step(report(4));
    EXPECT_GT(content("metrics.jsonl").size(), before.size());
}

}  // namespace
