#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include <aha/text/chat_template.hpp>

#include <tests/mutation/conversations.hpp>
#include <tests/mutation/damaged_template.hpp>
#include <tests/mutation/run.hpp>

namespace mutation {

/// Renders a conversation with and without the variables that templates know. Throws if neither way works.
inline void use_template(const aha::chat_template& chat, const json& messages) {
    std::tm day{};
    day.tm_mday = 1;
    day.tm_year = 126;
    try {
        (void)chat.render_with_spans(messages, {.variables = template_variables(), .now = day});
    } catch (const aha::error& refused) {
        if (std::string_view{refused.what()}.size() > longest_sentence) throw;
        (void)chat.render_with_spans(messages, {.add_generation_prompt = false, .now = day});
    }
}

inline kind template_kind() {
    return {
        "chat_template",
        [](chances& chance) {
            const std::string& whole = chance.pick(templates());
            const std::string text =
                chance.one_in(10) ? whole : damaged_template(whole, chance, chance.pick(templates()));
            const json& said = chance.pick(conversations());
            const json messages = chance.one_in(3) ? damaged_json(said, chance, chance.pick(conversations())) : said;
            files input{{"messages.json", dumped(messages)}};
            json config = {{"bos_token", "<s>"}, {"eos_token", {{"content", "</s>"}}}};
            if (chance.one_in(3)) {
                config["chat_template"] = text;
                input["tokenizer_config.json"] = chance.one_in(3) ? damaged_json_file(config, chance) : dumped(config);
            } else {
                input["chat_template.jinja"] = text;
                if (chance.one_in(4)) input["tokenizer_config.json"] = damaged_json_file(config, chance);
            }
            return input;
        },
        [](const files& input, const fs::path& folder) {
            if (const auto chat = aha::load_chat_template(folder))
                use_template(*chat, json::parse(input.at("messages.json")));
        }};
}

}  // namespace mutation
