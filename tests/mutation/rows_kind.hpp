#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <aha/data/jsonl_prompts.hpp>
#include <aha/data/jsonl_reader.hpp>
#include <aha/data/jsonl_records.hpp>
#include <aha/data/row_example.hpp>

#include <tests/mutation/conversations.hpp>
#include <tests/mutation/packed.hpp>
#include <tests/mutation/run.hpp>
#include <tests/mutation/tokenizer_seeds.hpp>

namespace mutation {

/// What a row is learned with: a tokenizer and a template, as a pretrained model has them.
struct text_source {
    aha::bpe_tokenizer tokenizer;
    std::optional<aha::chat_template> chat;
};

inline const text_source& learner() {
    static const text_source made = [] {
        chances same{3};
        json whole = {{"added_tokens", {detail::special(300, "<|im_start|>"), detail::special(301, "<|im_end|>")}},
                      {"normalizer", {{"type", "NFC"}}},
                      {"pre_tokenizer", detail::byte_level()},
                      {"decoder", detail::byte_level()},
                      {"model", detail::pairs_model(same, false)}};
        return text_source{aha::make_tokenizer(nlohmann::json::parse(dumped(whole)), {.end_ids = {301}}),
                           aha::chat_template{templates()[templates().size() - 6]}};
    }();
    return made;
}

inline json a_row(chances& chance) {
    const json messages = chance.pick(conversations());
    switch (chance.below(6)) {
        case 0: return {{"prompt", "What is 2 + 2?"}, {"answer", "4"}, {"level", 3}, {"ids", {1, 2, 3}}};
        case 1: return {{"prompt", "What is 2 + 2?"}, {"completion", "It is 4."}};
        case 2:
            return {{"messages", messages},
                    {"tools", template_variables()["tools"]},
                    {"chat_template_kwargs", {{"enable_thinking", true}}}};
        case 3:
            return {{"prompt", json::array({conversations()[0][0]})},
                    {"completion", json::array({conversations()[0][1]})}};
        case 4: return {{"chosen", conversations()[0]}, {"rejected", conversations()[2]}};
        default: return {{"prompt", "e\u0301 \U0001F600"}, {"chosen", "a"}, {"rejected", "b"}};
    }
}

inline std::string rows_text(chances& chance) {
    std::string text;
    const char* const ends[] = {"\n", "\n", "\n", "\r\n", "\n\n", "\r", " \n", ""};
    const std::size_t odd = chance.below(6);
    if (chance.one_in(10)) text += "\xef\xbb\xbf";
    for (std::size_t n = 1 + chance.below(5); n > 0; --n) {
        const json row = a_row(chance);
        if (chance.one_in(odd + 1)) text += damaged_json_file(row, chance, a_row(chance));
        else text += dumped(row);
        text += chance.one_in(3) ? chance.pick(ends) : "\n";
    }
    constexpr std::size_t most = 1 << 19;  // what is grown beyond takes its time for its size alone
    if (text.size() > most) text.resize(most);
    return chance.one_in(4) ? damaged_bytes(text, chance) : text;
}

/// Goes through a file of rows in every way that the library reads one. Throws if none takes all of its rows.
inline void use_rows(const fs::path& file) {
    std::string refused;
    bool taken = false;
    const auto attempt = [&](const auto& action) {
        try {
            action();
            return true;
        } catch (const aha::error& problem) {
            if (refused.size() < std::string_view{problem.what()}.size()) refused = problem.what();
            return false;
        }
    };
    attempt([&] {
        bool learned = true;
        aha::jsonl_reader reader{file};
        while (const auto row = reader.next()) {
            const aha::data_row one{0, reader.where(), row->fields};
            const bool example = attempt([&] { (void)aha::row_example(learner(), one); });
            const bool pair = attempt([&] { (void)aha::as_preference(one); });
            const bool question = attempt([&] { (void)aha::as_question(one); });
            learned = learned && (example || pair || question);
        }
        taken = learned;
    });
    attempt([&] {
        aha::jsonl_records records{file, {.shuffle = false, .epochs = 1, .check = false}};
        for (std::size_t i = 0; i < records.size(); ++i) attempt([&] { (void)records.at(i); });
    });
    attempt([&] {
        aha::jsonl_records records{file, {.epochs = 2}};
        while (records.next()) {
        }
    });
    attempt([&] {
        aha::jsonl_prompts prompts{file, {.epochs = 1}};
        while (prompts.next()) {
        }
        taken = true;
    });
    if (!taken || refused.size() > longest_sentence) throw aha::error{refused};
}

/// A file of rows as it is, packed, damaged once it is packed, or several in a folder.
inline files damaged_rows(chances& chance) {
    const std::string text = rows_text(chance);
    switch (chance.below(6)) {
        case 0: return {{"rows.jsonl.gz", gzipped(text)}};
        case 1: return {{"rows.jsonl.zst", zstandard(text)}};
        case 2: return {{"rows.jsonl.gz", damaged_bytes(gzipped(text), chance, gzipped(rows_text(chance)))}};
        case 3: return {{"rows.jsonl.zst", damaged_bytes(zstandard(text), chance, zstandard(rows_text(chance)))}};
        case 4:
            return {{"rows.jsonl/1.jsonl", text},
                    {"rows.jsonl/2.jsonl.gz", gzipped(rows_text(chance))},
                    {"rows.jsonl/notes.txt", "x"}};
        default: return {{"rows.jsonl", text}};
    }
}

inline kind rows_kind() {
    return {"rows", damaged_rows, [](const files& input, const fs::path& folder) {
                const std::string& name = input.begin()->first;
                use_rows(folder / name.substr(0, name.find('/')));
            }};
}

}  // namespace mutation
