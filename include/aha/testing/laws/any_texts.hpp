#pragma once

#include <string>
#include <vector>

namespace aha::testing {

/// What a model may say: nothing, halves of tags and of calls, bytes that are no text, far too much.
inline std::vector<std::string> any_texts() {
    std::vector<std::string> all{"",
                                 " ",
                                 "3",
                                 "<think> 1 + 2 </think> <answer> 3 </answer>",
                                 "<think>",
                                 "</answer><answer>",
                                 "\\boxed{",
                                 "\xff\xfe\x80",
                                 "\xe4\xb8",
                                 "9999999999999999999999999999",
                                 "1/0",
                                 "nan",
                                 "<tool_call>\n{\"name\": \"\xff\"}\n</tool_call>",
                                 "<tool_call>[[",
                                 "{\"name\": 3"};
    all.push_back(std::string{"a\0b", 3});
    all.push_back(std::string(100'000, '('));
    std::string words;
    for (int i = 0; i < 20'000; ++i) words += "so ";
    all.push_back(words);
    return all;
}

}  // namespace aha::testing
