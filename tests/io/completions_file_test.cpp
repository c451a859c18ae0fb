#include <aha/io/completions_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include <aha/concepts/observer.hpp>
#include <tests/io/support.hpp>

namespace {

static_assert(aha::require_observer<aha::completions_file>());

class completions_file_test : public aha::test::in_a_folder {
protected:
    static aha::step_report report(std::int64_t step) {
        aha::rollout_group group;
        group.prompt.index = 7;
        group.prompt.text = "2 + 2?";
        group.completions.resize(2);
        group.completions[0].text = "4 \"é\"\n";
        group.completions[0].finish = aha::finish_reason::end_token;
        group.completions[1].text = "cut \xC3";
        group.scores = {{1.5, {{"accuracy", 1.0}, {"format", 0.5}}}, aha::score::not_applicable()};
        group.advantages = {0.25, 0};
        return {
            .step = step, .metrics = {}, .groups = std::make_shared<const std::vector<aha::rollout_group>>(1, group)};
    }
};

TEST_F(completions_file_test, writes_a_line_a_completion) {
    aha::completions_file file{folder_};
    file.on_start({});
    file.on_step(report(3));
    file.on_step({.step = 4, .metrics = {}, .groups = nullptr});
    EXPECT_EQ(
        content("completions.jsonl"),
        "{\"step\":3,\"prompt_index\":7,\"sample_index\":0,\"prompt\":\"2 + 2?\",\"completion\":\"4 \\\"é\\\"\\n\","
        "\"finish_reason\":\"end_token\",\"reward\":1.5,\"rewards\":{\"accuracy\":1.0,\"format\":0.5},"
        "\"advantage\":0.25}\n"
        "{\"step\":3,\"prompt_index\":7,\"sample_index\":1,\"prompt\":\"2 + 2?\",\"completion\":\"cut \xEF\xBF\xBD\","
        "\"finish_reason\":\"length\",\"reward\":null,\"rewards\":{},\"advantage\":0.0}\n");
}

TEST_F(completions_file_test, shows_turns_with_an_environment) {
    aha::rollout_group group;
    aha::completion& said = group.completions.emplace_back();
    said.text = "32\n48";
    said.finish = aha::finish_reason::end_token;
    said.turns = {{.begin = 0, .end = 1, .said = "32", .heard = "higher\xC3", .reward = -1},
                  {.begin = 2, .end = 3, .said = "48"}};
    aha::completions_file file{folder_};
    file.on_step({.step = 1,
                  .metrics = {},
                  .groups = std::make_shared<const std::vector<aha::rollout_group>>(1, std::move(group))});
    EXPECT_THAT(content("completions.jsonl"),
                testing::EndsWith("\"advantage\":null,\"turns\":[{\"said\":\"32\",\"heard\":\"higher\xEF\xBF\xBD\","
                                  "\"reward\":-1.0},{\"said\":\"48\"}]}\n"));
}

TEST_F(completions_file_test, of_a_resumed_run_has_each_step_once) {
    const auto run = [&](std::int64_t start, std::int64_t end) {
        aha::completions_file file{folder_};
        file.on_start({.start_step = start});
        for (std::int64_t step = start + 1; step <= end; ++step) file.on_step(report(step));
    };
    run(0, 6);
    const std::string whole = content("completions.jsonl");
    put("completions.jsonl", whole.substr(0, whole.size() * 3 / 4));  // killed within a step
    run(3, 6);
    EXPECT_EQ(content("completions.jsonl"), whole);
}

}  // namespace
