#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include <aha/text/chat_template.hpp>

#include <tests/mutation/conversations.hpp>
#include <tests/mutation/damaged_template.hpp>
#include <tests/mutation/run.hpp>

namespace mutation {

/// Renders with conversations, the first of which may be damaged too. Throws if the template renders none of them.
inline void use_template(const aha::chat_template& chat, const json& damaged_messages) {
    std::string refused;
    bool rendered = false;
    std::tm day{};
    day.tm_mday = 1;
    day.tm_year = 126;
    const auto attempt = [&](const json& messages, bool prompt, bool variables) {
        try {
            aha::chat_options options{.add_generation_prompt = prompt, .now = day};
            if (variables) options.variables = template_variables();
            (void)chat.render_with_spans(messages, options);
            rendered = true;
        } catch (const aha::error& problem) {
            if (refused.size() < std::string_view{problem.what()}.size()) refused = problem.what();
        }
    };
    attempt(damaged_messages, true, true);
    for (const json& messages : conversations()) {
        attempt(messages, true, false);
        attempt(messages, false, true);
    }
    if (!rendered || refused.size() > longest_sentence) throw aha::error{refused};
}

inline kind template_kind() {
    return {"chat_template",
            [](chances& chance) {
                const std::string& whole = chance.pick(templates());
                const std::string text = chance.one_in(10) ? whole : damaged_template(whole, chance, chance.pick(templates()));
                const json messages = damaged_json(chance.pick(conversations()), chance, chance.pick(conversations()));
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
                if (const auto chat = aha::load_chat_template(folder)) use_template(*chat, json::parse(input.at("messages.json")));
            }};
}

}  // namespace mutation
