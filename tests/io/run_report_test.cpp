#include <aha/io/run_report.hpp>

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::complaint;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class run_report : public testing::Test {
protected:
    std::string text() const { return aha::test::text_of(folder / "report.html"); }
    /// What the page holds, as its script reads it.
    nlohmann::json data() const {
        const std::string page = text(), mark = "id=\"aha-run\">\n";
        const std::size_t begin = page.find(mark) + mark.size();
        return nlohmann::json::parse(page.substr(begin, page.find("\n</script>", begin) - begin));
    }
    static aha::step_report step(std::int64_t n, const std::string& said = "7") {
        aha::rollout_group group;
        group.prompt.text = "3 + 4 =";
        aha::completion c;
        c.ids = {7, 9};
        c.log_probs = c.behavior_log_probs = {-0.5F, -2};
        c.text = said;
        c.finish = aha::finish_reason::end_token;
        group.completions = {c, c};
        group.scores = {aha::score{1, {{"right", 1}}}, aha::score::not_applicable()};
        group.advantages = {0.5, 0};
        aha::step_report report;
        report.step = n;
        report.total_steps = 9;
        report.metrics = {{"reward", 0.1 * static_cast<double>(n)}, {"grad_norm", std::nan("")}, {"seconds", 2.0}};
        report.groups = std::make_shared<const std::vector<aha::rollout_group>>(std::vector{group, group, group});
        return report;
    }
    aha::test::made_folder folder;
};

TEST_F(run_report, is_there_after_the_first_step_and_holds_the_run) {
    aha::run_report report{folder,
                           {.every_seconds = 0, .token_text = [](aha::token_id id) { return std::to_string(id); }}};
    report.on_start({.total_steps = 9, .options = {{"learning_rate", 0.1}}});
    EXPECT_FALSE(fs::exists(folder / "report.html"));
    report.on_step(step(1));
    const nlohmann::json held = data();
    EXPECT_EQ(held["steps"],
              (nlohmann::json{{{"step", 1}, {"reward", 0.1}, {"grad_norm", nullptr}, {"seconds", 2.0}}}));
    EXPECT_EQ(held["options"], (nlohmann::json{{"learning_rate", 0.1}}));
    EXPECT_TRUE(held["machine"].contains("processor"));
    ASSERT_EQ(held["samples"].size(), 1U);
    ASSERT_EQ(held["samples"][0]["groups"].size(), 2U);  // of three
    const nlohmann::json said = held["samples"][0]["groups"][0]["completions"];
    EXPECT_EQ(said[0]["tokens"], (nlohmann::json{"7", "9"}));
    EXPECT_EQ(said[0]["log_probs"], (nlohmann::json{-0.5, -2.0}));
    EXPECT_EQ(said[0]["rewards"], (nlohmann::json{{"right", 1.0}}));
    EXPECT_FALSE(said[1].contains("reward"));
    EXPECT_THAT(text(), HasSubstr("step 1 of 9, running, 2 s"));
}

TEST_F(run_report, asks_no_network_for_anything) {
    aha::run_report report{folder};
    report.on_step(step(1));
    EXPECT_THAT(text(), Not(HasSubstr("src=")));
    EXPECT_THAT(text(), Not(HasSubstr("<link")));
    EXPECT_THAT(text(), Not(HasSubstr("@import")));
    EXPECT_THAT(text(), Not(HasSubstr("https://")));
}

TEST_F(run_report, keeps_the_first_step_powers_of_two_and_the_last) {
    aha::run_report report{folder, {.every_seconds = 0}};
    for (int n = 1; n <= 7; ++n) report.on_step(step(n));
    std::vector<int> kept;
    const nlohmann::json held = data();
    for (const auto& one : held["samples"]) kept.push_back(one["step"].get<int>());
    EXPECT_THAT(kept, ElementsAre(1, 2, 4, 7));
}

TEST_F(run_report, lets_no_text_out_of_its_data) {
    const std::string evil = "</script><script>alert(1)</script> <!-- \xff \" ' & \\";
    aha::run_report report{folder, {.every_seconds = 0}};
    report.on_start({.options = {{"prompt", evil}}});
    report.on_step(step(1, evil));
    const std::string page = text();
    EXPECT_EQ(page.find("alert(1)</script>"), std::string::npos);
    const std::string back = data()["samples"][0]["groups"][0]["completions"][0]["text"];
    EXPECT_EQ(back, "</script><script>alert(1)</script> <!-- \xEF\xBF\xBD \" ' & \\");
}

TEST_F(run_report, is_written_seldom_and_at_the_end) {
    aha::run_report report{folder, {.every_seconds = 3600}};
    for (int n = 1; n <= 5; ++n) report.on_step(step(n));
    EXPECT_EQ(data()["steps"].size(), 1U);
    report.on_end({.steps = 5});
    EXPECT_EQ(data()["steps"].size(), 5U);
    EXPECT_THAT(text(), HasSubstr("step 5 of 9, done"));
    EXPECT_THAT(data()["advice"].back().get<std::string>(), HasSubstr("evaluate --model"));
}

TEST_F(run_report, goes_on_from_the_step_of_a_checkpoint) {
    {
        aha::run_report report{folder, {.every_seconds = 0}};
        for (int n = 1; n <= 6; ++n) report.on_step(step(n));
    }
    aha::run_report report{folder, {.every_seconds = 0}};
    report.on_start({.total_steps = 9, .start_step = 4});
    report.on_step(step(5));
    EXPECT_EQ(data()["steps"].size(), 5U);
    EXPECT_EQ(data()["samples"].size(), 4U);  // 1, 2, 4, 5
}

TEST_F(run_report, puts_the_page_of_an_earlier_run_aside) {
    std::ofstream{folder / "report.html"} << "an earlier run";
    aha::run_report report{folder};
    report.on_start({});
    EXPECT_TRUE(fs::exists(folder / "report.html.replaced-1"));
}

TEST_F(run_report, does_not_go_on_from_what_is_no_report) {
    std::ofstream{folder / "report.html"} << "<html>mine</html>";
    aha::run_report report{folder};
    EXPECT_THAT(complaint([&] { report.on_start({.start_step = 3}); }), HasSubstr("is not a report of this run"));
    EXPECT_EQ(text(), "<html>mine</html>");
}

TEST_F(run_report, refuses_options_that_make_no_sense) {
    EXPECT_THAT(complaint([&] { aha::run_report{folder, {.every_seconds = -1}}; }), HasSubstr("not -1"));
    EXPECT_THAT(complaint([&] {
                    aha::run_report{folder, {.tokens = 0}};
                }),
                HasSubstr("tokens must be positive, not 0"));
}

std::vector<std::string> advice_of(const std::vector<std::pair<const char*, double>>& late, double early_reward = 0) {
    std::vector<nlohmann::ordered_json> steps;
    for (int n = 1; n <= 40; ++n) {
        nlohmann::ordered_json one = {{"step", n}, {"reward", early_reward}, {"grad_norm", 1.0}};
        if (n > 36)
            for (const auto& [name, value] : late) one[name] = value;
        steps.push_back(one);
    }
    return aha::detail::run_advice(steps);
}

TEST(run_advice, follows_from_the_metrics) {
    EXPECT_THAT(advice_of({{"reward", 1}}), ElementsAre(HasSubstr("The reward went from 0 to 1.")));
    EXPECT_THAT(advice_of({{"reward", 1}, {"entropy", 0.01}})[0], HasSubstr("Entropy is 0.01 nats"));
    EXPECT_THAT(advice_of({{"reward", 1}, {"completions/clipped_ratio", 0.5}})[0],
                HasSubstr("50 % of the completions"));
    EXPECT_THAT(advice_of({{"reward", 1}, {"frac_reward_zero_std", 0.75}})[0], HasSubstr("75 % of the groups"));
    EXPECT_THAT(advice_of({{"reward", 1}, {"grad_norm", 9}})[0], HasSubstr("norm rose from 1 to 9"));
    EXPECT_THAT(advice_of({{"reward", 1}, {"sampler_gap/max", 2}})[0], HasSubstr("by up to 2"));
    EXPECT_THAT(advice_of({{"reward", 0.1}}, 0.5), ElementsAre(HasSubstr("The reward went from 0.5 to 0.1: read")));
}

TEST_F(run_report, says_that_an_error_ended_the_run) {
    aha::run_report report{folder, {.every_seconds = 3600}};
    report.on_step(step(1));
    report.on_end({.steps = 1, .failure = "no verifier today"});
    EXPECT_THAT(text(), HasSubstr("step 1 of 9, ended by an error (no verifier today), can be resumed"));
}

}  // namespace
