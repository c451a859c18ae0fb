#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <aha/concepts/schedule.hpp>
#include <aha/optim/schedule.hpp>
#include <tests/support/complaint.hpp>

namespace {

using testing::HasSubstr;

static_assert(aha::require_schedule<aha::warmup_schedule>());

aha::decay_shape named(const std::string& shape) {
    if (shape == "linear") return aha::decay_shape::linear;
    if (shape == "cosine") return aha::decay_shape::cosine;
    EXPECT_EQ(shape, "constant");
    return aha::decay_shape::constant;
}

TEST(warmup_schedule, every_step_is_that_of_transformers) {
    const nlohmann::json golden =
        nlohmann::json::parse(std::ifstream{std::filesystem::path{AHA_TEST_DATA} / "optim" / "data" / "optim.json"});
    EXPECT_EQ(golden.at("schedules").size(), 12U);
    for (const nlohmann::json& one : golden.at("schedules")) {
        const aha::warmup_schedule schedule{{.warmup_steps = one.at("warmup").get<std::int64_t>(),
                                             .total_steps = one.at("total").get<std::int64_t>(),
                                             .shape = named(one.at("shape")),
                                             .floor = one.at("floor").get<double>()}};
        const auto factors = one.at("factors").get<std::vector<double>>();
        for (std::size_t step = 0; step < factors.size(); ++step)
            EXPECT_NEAR(schedule(static_cast<std::int64_t>(step)), factors[step], 1e-12)
                << one.at("shape") << " " << step;
    }
}

TEST(warmup_schedule, stays_at_the_end_of_the_decay) {
    for (const auto shape : {aha::decay_shape::linear, aha::decay_shape::cosine}) {
        EXPECT_NEAR((aha::warmup_schedule{{.total_steps = 10, .shape = shape, .floor = 0.25}}(17)), 0.25, 1e-12);
        EXPECT_NEAR((aha::warmup_schedule{{.total_steps = 10, .shape = shape}}(1000)), 0, 1e-12);
    }
}

TEST(warmup_schedule, is_constant_by_default) {
    for (const std::int64_t step : {0, 1, 100000}) EXPECT_EQ(aha::warmup_schedule{}(step), 1);
}

TEST(warmup_schedule, decays_linearly_to_the_floor) {
    const aha::warmup_schedule schedule{
        {.warmup_steps = 2, .total_steps = 6, .shape = aha::decay_shape::linear, .floor = 0.2}};
    std::vector<double> factors;
    for (std::int64_t step = 0; step <= 6; ++step) factors.push_back(schedule(step));
    EXPECT_THAT(factors, testing::Pointwise(testing::DoubleNear(1e-12), {0.0, 0.5, 1.0, 0.8, 0.6, 0.4, 0.2}));
}

TEST(warmup_schedule, refuses_options_that_make_no_sense) {
    const auto message = [](const aha::schedule_options& options) -> std::string {
        return aha::test::complaint([&] { aha::warmup_schedule{options}; });
    };
    EXPECT_THAT(message({.warmup_steps = -1}), HasSubstr("warmup_steps must be 0 or more, not -1"));
    EXPECT_THAT(message({.warmup_steps = 5, .total_steps = 5, .shape = aha::decay_shape::cosine}),
                HasSubstr("total_steps beyond the 5 of the warm-up, not 5"));
    EXPECT_THAT(message({.shape = aha::decay_shape::linear}), HasSubstr("total_steps"));
    EXPECT_THAT(message({.floor = 1.5}), HasSubstr("floor must be in [0, 1], not 1.5"));
    EXPECT_THAT(message({.floor = -0.5}), HasSubstr("floor must be in [0, 1], not -0.5"));
    EXPECT_EQ(message({.warmup_steps = 5}), "no complaint");
}

}  // namespace
