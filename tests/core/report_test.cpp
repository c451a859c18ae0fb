#include <aha/core/report.hpp>

#include <gtest/gtest.h>
#include <limits>
#include <sstream>
#include <string>

namespace {

std::string written(const aha::step_report& report) {
    std::ostringstream out;
    out << report;
    return out.str();
}

aha::step_report report_of(std::int64_t step, std::int64_t total, std::vector<std::pair<std::string, double>> metrics) {
    return {step, total, std::move(metrics), nullptr};
}

TEST(step_report, finds_its_metrics_by_name) {
    const aha::step_report report = report_of(7, 40, {{"reward", 1.5}, {"kl", 0}});
    EXPECT_EQ(report.metric("reward"), 1.5);
    EXPECT_EQ(report.find_metric("kl"), 0);
    EXPECT_EQ(report.find_metric("rew"), std::nullopt);
    try {
        report.metric("lenght");
        FAIL();
    } catch (const aha::error& e) {
        EXPECT_STREQ(e.what(), "step 7 has no metric \"lenght\"");
    }
}

TEST(step_report, is_written_on_one_line_for_people) {
    EXPECT_EQ(written(report_of(12, 40,
                                {{"loss", 0.01},
                                 {"reward", 1.3112},
                                 {"reward_std", 0.4},
                                 {"rewards/accuracy/mean", 0.625},
                                 {"rewards/accuracy/std", 0.1},
                                 {"rewards/format/mean", 0.6875},
                                 {"completions/mean_length", 34.125},
                                 {"entropy", 0.25},
                                 {"kl", 0.00004321},
                                 {"step_time", 12.34}})),
              "step 12/40  reward 1.31  accuracy 0.62  format 0.69  length 34.1  entropy 0.25  kl 4.32e-05  12.3 s");
    EXPECT_EQ(written(report_of(3, 0, {{"loss", 2.5}, {"learning_rate", 1}})), "step 3  loss 2.50");
    EXPECT_EQ(written(report_of(3, 9, {})), "step 3/9");
    EXPECT_EQ(written(report_of(1, 2, {{"rewards/mean", 1}, {"rewards//mean", 1}, {"kl", -0.0}})), "step 1/2  kl 0");
}

TEST(step_report, numbers_have_three_or_four_digits) {
    for (const auto& [value, text] : {std::pair{0.0, "0"},
                                      {-0.0, "0"},
                                      {1.0, "1.00"},
                                      {-1.314, "-1.31"},
                                      {9.996, "10.00"},
                                      {34.16, "34.2"},
                                      {512.4, "512"},
                                      {123456.0, "123456"},
                                      {2e-5, "2e-05"},
                                      {0.0123, "0.0123"},
                                      {0.0949, "0.0949"},
                                      {0.5, "0.50"},
                                      {1e7, "1e+07"},
                                      {std::numeric_limits<double>::quiet_NaN(), "nan"},
                                      {-std::numeric_limits<double>::infinity(), "-inf"}})
        EXPECT_EQ(aha::detail::readable(value), text);
}

}  // namespace
