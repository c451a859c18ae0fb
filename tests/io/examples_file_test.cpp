#include <aha/io/examples_file.hpp>

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include <aha/concepts/observer.hpp>
#include <aha/files/json_parser.hpp>
#include <tests/io/support.hpp>

namespace {

static_assert(aha::require_observer<aha::examples_file>());

class examples_file_test : public aha::test::in_a_folder {
protected:
    static aha::step_report report(std::int64_t step, const std::string& completion = "4") {
        aha::rollout_group group;
        group.prompt.index = 7;
        group.prompt.text = "2 + 2?";
        group.prompt.fields = aha::detail::parse_json(R"({"z":NaN,"a":[-Infinity,1e400,0.5]})", "row");
        group.completions.resize(1);
        group.completions[0].text = completion;
        group.scores = {{1.5, {}}};
        return {
            .step = step, .metrics = {}, .groups = std::make_shared<const std::vector<aha::rollout_group>>(1, group)};
    }
};

TEST_F(examples_file_test, writes_the_row_as_it_was_read) {
    aha::examples_file file{folder_ / "sft.jsonl"};
    file.on_start({});
    file.on_step(report(3));
    // json.dumps of Python 3.11 with separators=(",", ":") gives the same "row".
    EXPECT_EQ(content("sft.jsonl"),
              "{\"step\":3,\"prompt_index\":7,\"sample_index\":0,\"prompt\":\"2 + 2?\",\"completion\":\"4\","
              "\"finish_reason\":\"length\",\"reward\":1.5,\"row\":{\"z\":NaN,\"a\":[-Infinity,Infinity,0.5]}}\n");
    EXPECT_THAT([&] { file.on_step(report(4, "\xC3")); },
                testing::ThrowsMessage<aha::error>(testing::HasSubstr("is not UTF-8 and cannot be written")));
}

TEST_F(examples_file_test, of_a_resumed_run_has_each_step_once) {
    const auto run = [&](std::int64_t start, std::int64_t end) {
        aha::examples_file file{folder_ / "sft.jsonl"};
        file.on_start({.start_step = start});
        for (std::int64_t step = start + 1; step <= end; ++step) file.on_step(report(step));
    };
    run(0, 6);
    const std::string whole = content("sft.jsonl");
    put("sft.jsonl", whole.substr(0, whole.size() * 3 / 4));  // killed within a step
    run(3, 6);
    EXPECT_EQ(content("sft.jsonl"), whole);
}

TEST_F(examples_file_test, a_prompt_is_written_as_it_was_read) {
    const auto line = [&](const aha::prompt& asked, const std::function<std::string(const aha::prompt&)>& text = {}) {
        const std::vector<aha::rollout_group> groups(1, {asked, std::vector<aha::completion>(1), {}, {}});
        aha::examples_file file{folder_ / "sft.jsonl", text};
        file.on_start({});
        file.on_step({.step = 1, .metrics = {}, .groups = std::make_shared<std::vector<aha::rollout_group>>(groups)});
        return content("sft.jsonl");
    };
    using testing::AllOf, testing::HasSubstr, testing::Not;
    aha::prompt asked;
    asked.ids = {3, 1, 4};
    EXPECT_THAT(line(asked), AllOf(HasSubstr("\"prompt_ids\":[3,1,4]"), Not(HasSubstr("\"prompt\""))));
    asked.text = "2 + 2?";
    EXPECT_THAT(line(asked),
                AllOf(HasSubstr("\"prompt\":\"2 + 2?\""), Not(HasSubstr("prompt_ids")), Not(HasSubstr("templated"))));
    asked.templated = true;
    EXPECT_THAT(line(asked), HasSubstr("\"prompt\":\"2 + 2?\",\"templated\":true"));
    EXPECT_THAT(line(asked, [](const aha::prompt&) { return "other"; }),
                AllOf(HasSubstr("\"prompt\":\"other\""), Not(HasSubstr("templated"))));
    EXPECT_THAT([&] { line(asked, [](const aha::prompt&) { return ""; }); },
                testing::ThrowsMessage<aha::error>(HasSubstr("prompt 0 has no text")));
}

}  // namespace
