// The whole of GRPO in one short program: a pretrained model, a file of questions, a reward that is a lambda.
#include <aha/aha.hpp>
#include <iostream>

int main(int count, char** arguments) try {
    const std::string model_file = count > 1 ? arguments[1] : "smollm2", prompt_file = count > 2 ? arguments[2] : "sums.jsonl";
    auto model = aha::load_decoder<aha::cpu<float>>(model_file);
    auto prompts = aha::jsonl_prompts{prompt_file};
    auto reward = [](const aha::prompt& p, const aha::completion& c) { return aha::last_integer(c.text) == p["answer"]; };
    auto grpo = aha::grpo{model, prompts, reward, {.prompts_per_step = 8, .group_size = 8, .learning_rate = 2e-5}};
    for (const aha::step_report& step : grpo.steps(count > 3 ? std::stol(arguments[3]) : 45)) std::cout << step << '\n';
    aha::save_pretrained(model, "sums-model");  // an ordinary Hugging Face folder
} catch (const std::exception& problem) {
    std::cerr << "error: " << problem.what() << '\n';
    return 1;
}
