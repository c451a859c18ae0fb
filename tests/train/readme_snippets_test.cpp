// The pieces of code that README.md and pages of docs show, compiled and run; docs/shown_code.py compares them.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <aha/advantage/kl_in_reward.hpp>
#include <aha/advantage/leave_one_out.hpp>
#include <aha/data/jsonl_prompts.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/io/folder_checkpoints.hpp>
#include <aha/loss/aggregation/sequence_mean.hpp>
#include <aha/loss/divergence/generalized_jsd.hpp>
#include <aha/loss/sequence_ratio_loss.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <aha/reward/combine.hpp>
#include <aha/reward/format.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/text/byte_tokenizer.hpp>
#include <aha/text/r1_template.hpp>
#include <aha/model/initialize.hpp>
#include <aha/train/distill.hpp>
#include <aha/train/grpo.hpp>
#include <aha/data/read_examples.hpp>
#include <aha/train/run_training.hpp>
#include <aha/train/sft.hpp>
#include <tests/support/made_folder.hpp>

namespace {

struct compiler {
    bool accepts(const std::string& text, const nlohmann::json& signature) const {
        return text.find(signature.get<std::string>()) != std::string::npos;
    }
};

TEST(readme_snippets, your_own_reward) {
    const compiler my_compiler;
    //! [your_own_reward]
    auto compiles = [&](const aha::prompt& p, const aha::completion& c) {
        return my_compiler.accepts(c.text, p["signature"]) ? 1.0 : 0.0;  // p["..."] is the data row's field
    };
    auto reward = aha::sum_rewards(aha::named("compiles", compiles), aha::named("format", aha::format_reward{}));
    //! [your_own_reward]
    aha::prompt p;
    p.fields["signature"] = "int main()";
    aha::completion c;
    c.text = "<think></think><answer>int main() {}</answer>";
    EXPECT_EQ(reward(p, c).value, 2);
}

/// A folder of its own to work in.
class in_a_folder : public testing::Test {
protected:
    in_a_folder() { std::filesystem::current_path(folder_); }
    ~in_a_folder() override { std::filesystem::current_path(before_); }

    /// Writes folders of a tiny model with SmolLM2's tokenizer; "smollm2" then means one of them.
    class tiny_models {
    public:
        tiny_models() {
            const char* const real = std::getenv("AHA_SMOLLM2");
            if (real == nullptr || *real == '\0') throw std::runtime_error{"AHA_SMOLLM2 is not set; tests/run sets it"};
            real_ = real;
            const aha::weight_source source{real_};
            aha::gguf_text text = aha::read_gguf_text(*source.gguf());
            aha::decoder_config config = source.config();
            config.hidden_size = config.intermediate_size = 16;
            config.layers = 1;
            config.heads = config.kv_heads = 2;
            config.head_dim = 8;
            aha::decoder<> model{config};
            aha::initialize(model, 7, 0.02);
            const aha::pretrained<aha::decoder<>> tiny{std::move(model), aha::load_tokenizer(real_), std::nullopt,
                                                       std::nullopt, std::move(text)};
            aha::save_pretrained(tiny, "student");
            aha::save_pretrained(tiny, "teacher");
            ::setenv("AHA_SMOLLM2", "student", 1);
        }
        ~tiny_models() { ::setenv("AHA_SMOLLM2", real_.c_str(), 1); }

    private:
        std::string real_;
    };

private:
    std::filesystem::path before_ = std::filesystem::current_path();
    aha::test::made_folder folder_;
};

TEST_F(in_a_folder, supervised) {
    const tiny_models written;
    std::ofstream{"traces.jsonl"} << R"({"prompt": "What is 1 + 2?", "completion": " 3"})" << '\n';
    testing::internal::CaptureStdout();
    //! [supervised]
    auto model = aha::load_decoder<aha::cpu<float>>("smollm2");
    auto read = aha::read_examples(model, "traces.jsonl", {.max_tokens = 2048, .long_rows = aha::overlong::drop});
    std::cout << read.records.size() << " examples; " << read.describe() << std::endl;
    auto sft =
        aha::sft{model, std::move(read.records), {.batch_size = 16, .learning_rate = 5e-5, .rows = {.epochs = 2}}};
    for (const aha::step_report& step : sft.steps()) std::cout << step << std::endl;
    //! [supervised]
    EXPECT_NE(testing::internal::GetCapturedStdout().find("step 2"), std::string::npos);
}

TEST_F(in_a_folder, distilled) {
    const tiny_models written;
    std::vector<aha::supervised_example> examples{{0, {1, 2, 3}, {0, 1, 1}}};
    testing::internal::CaptureStdout();
    //! [distilled]
    auto student = aha::load_decoder<aha::cpu<float>>("student");
    const auto teacher = aha::load_decoder<aha::cpu<float>>("teacher");
    auto trainer = aha::distill{student,
                                teacher.model,
                                examples,
                                {.temperature = 1, .on_policy = 0.5},  // half of the answers are the student's own
                                aha::generalized_jsd{{.beta = 0.5}}};  // or forward_kl, reverse_kl
    for (const aha::step_report& step : trainer.steps()) std::cout << step << std::endl;
    //! [distilled]
    EXPECT_NE(testing::internal::GetCapturedStdout().find("step 1"), std::string::npos);
}

TEST_F(in_a_folder, your_own_data) {
    std::ofstream{"tasks.jsonl"} << R"({"question": "What is 1 + 2?", "answer": 3})" << '\n';
    //! [your_own_data]
    const aha::r1_template ask{};
    auto prompts = aha::jsonl_prompts{"tasks.jsonl", {.render = [=](const nlohmann::json& row) {
                                          return ask(row.at("question").get<std::string>());
                                      }}};
    //! [your_own_data]
    const auto first = prompts.next();
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->text, ask("What is 1 + 2?"));
    EXPECT_EQ((*first)["answer"], 3);
}

TEST_F(in_a_folder, prompts_that_are_too_long) {
    std::ofstream{"tasks.jsonl"} << R"({"prompt": "What is 1 + 2?"})" << '\n';
    const aha::byte_tokenizer tokenizer;
    testing::internal::CaptureStdout();
    //! [prompts_that_are_too_long]
    const auto short_enough = [&](aha::prompt asked) -> std::optional<aha::prompt> {
        if (tokenizer.encode(asked.text).size() > 1024) return std::nullopt;  // or throw, or return it shortened
        return asked;
    };
    auto prompts = aha::jsonl_prompts{"tasks.jsonl", {.admit = short_enough}};
    std::cout << prompts.dropped() << " left out\n";
    //! [prompts_that_are_too_long]
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "0 left out\n");
}

TEST(readme_snippets, an_objective) {
    aha::testing::bandit bandit{{0.0F, 0.0F}};
    aha::pretrained<aha::testing::bandit, aha::testing::arm_tokenizer> model{std::move(bandit), {2}, std::nullopt};
    aha::prompt p;
    p.ids = {0};
    auto prompts = aha::vector_prompts{{p}};
    auto reward = [](const aha::prompt&, const aha::completion& c) { return c.ids[0] == 1; };
    const aha::grpo_options options{.prompts_per_step = 1};
    const auto sampler = aha::autoregressive_sampler{model.tokenizer, {.max_new_tokens = 1}};
    //! [an_objective]
    auto trainer = aha::grpo{model,
                             prompts,
                             reward,
                             options,
                             sampler,
                             aha::kl_in_reward{aha::leave_one_out{}, {.beta = 0.05}},
                             aha::sequence_ratio_loss{{.clip_low = 0.2, .clip_high = 0.2}},
                             aha::sequence_mean{}};  // RLOO
    //! [an_objective]
    for (const aha::step_report& step : trainer.steps(1)) EXPECT_EQ(step.step, 1);
}

}  // namespace
