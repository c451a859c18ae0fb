// A user's program of all that aha::text holds: a tokenizer, a chat template, rewards and sources of prompts, of which
// places are saved and gone back to. LibTorch's headers are not there.
#include <aha/data/addition_prompts.hpp>
#include <aha/data/countdown_prompts.hpp>
#include <aha/data/jsonl_prompts.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/reward/accuracy.hpp>
#include <aha/text/byte_tokenizer.hpp>
#include <aha/text/chat_template.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#if __has_include(<ATen/core/Tensor.h>)
#error "LibTorch's headers are there"
#endif

namespace {

/// Whether a source goes on from a saved place as the one that it was saved from.
template <class Source>
bool goes_on(Source first, Source second) {
    (void)first.next();
    const aha::state_values place = first.save();
    second.load(place);
    return first.next().value().text == second.next().value().text;
}

}  // namespace

int main() {
    const std::filesystem::path file = "text_all.jsonl";
    std::ofstream{file} << "{\"prompt\": \"1 + 1\"}\n{\"prompt\": \"2 + 2\"}\n{\"prompt\": \"3 + 3\"}\n";
    aha::prompt asked;
    asked.text = "a";
    const aha::vector_prompts three{std::vector<aha::prompt>(3, asked)};
    const bool sources = goes_on(aha::jsonl_prompts{file}, aha::jsonl_prompts{file}) && goes_on(three, three) &&
                         goes_on(aha::addition_prompts{{}}, aha::addition_prompts{{}}) &&
                         goes_on(aha::countdown_prompts{{}}, aha::countdown_prompts{{}});
    const aha::chat_template chat{"{% for m in messages %}{{ m.content }}{% endfor %}"};
    const aha::byte_tokenizer bytes;
    std::cout << "sources " << sources << ", chat " << chat.render({{"user", "hello"}}) << ", tokens "
              << bytes.encode("hello").size() << '\n';
    std::filesystem::remove(file);
    return 0;
}
