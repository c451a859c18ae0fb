// A reward: what judges an answer. It is a function of the question and of what the model said, and here it needs no
// LibTorch, so it compiles in two seconds.
#include <aha/reward/combine.hpp>
#include <aha/reward/format.hpp>
#include <aha/reward/last_integer.hpp>
#include <iostream>

int main() {
    //! [reward]
    // 1 for the right number at the end, 0 otherwise. Your compiler, solver or prover would be called here.
    const auto right = [](const aha::prompt& p, const aha::completion& c) {
        return aha::last_integer(c.text) == p["answer"];
    };
    // R1-Zero's two rewards: the answer is right, and it is written as <think>...</think> <answer>...</answer>.
    const auto reward = aha::sum_rewards(aha::named("right", right), aha::named("format", aha::format_reward{}));
    //! [reward]

    //! [try]
    aha::prompt question;
    question.text = "What is 17 + 25?";
    question.fields = {{"answer", 42}};
    for (const char* said : {"42", "I think it is 43.", "<think>17 + 25 = 42</think> <answer>42</answer>", ""}) {
        aha::completion answer;
        answer.text = said;
        const aha::score score = reward(question, answer);
        std::cout << score.value << "  for \"" << said << "\"\n";
    }
    //! [try]
}
