// The whole of GRPO in one short program: a pretrained model, a file of questions, a reward that is a lambda.
#include <aha/aha.hpp>
#include <iostream>

int main(int count, char** arguments) try {
    const std::string file = count > 1 ? arguments[1] : "examples/first_program/sums.jsonl";
    auto model = aha::load_decoder<aha::cpu<float>>("smollm2");  // or a Hugging Face folder, or a GGUF file
    auto prompts = aha::jsonl_prompts{file};
    auto reward = [](const aha::prompt& p, const aha::completion& c) {
        return aha::last_integer(c.text) == p["answer"];
    };
    auto sampler = aha::autoregressive_sampler{model.tokenizer, {.max_new_tokens = 16, .stop = {"\n"}}};
    auto grpo = aha::grpo{model, prompts, reward, {.group_size = 8, .learning_rate = 2e-5}, sampler};
    for (const aha::step_report& step : grpo.steps(count > 2 ? std::stol(arguments[2]) : 10))
        std::cout << step << std::endl;
    aha::save_pretrained(model, "sums-model");  // an ordinary Hugging Face folder
} catch (const std::exception& problem) {
    std::cerr << "error: " << problem.what() << '\n';
    return 1;
}
