#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>

#include <aha/text/chat_template.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/mapped_file.hpp>
#include <aha/files/strict_json.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/jinja/evaluator.hpp>
#include <aha/text/jinja/parser.hpp>
#include <aha/text/special_token_names.hpp>

namespace aha {

AHA_INLINE chat_template::chat_template(std::string source, nlohmann::ordered_json defaults)
    : source_{std::move(source)}, defaults_(std::move(defaults)) {
    require(source_.size() <= 4'000'000, "a chat template of ", source_.size(), " bytes; at most 4000000 are read");
    require(defaults_.is_object(), "chat template: the default variables are not a JSON object");
    try {
        body_ = std::make_shared<const detail::jinja::block>(detail::jinja::parser{source_}.run());
    } catch (const detail::jinja::template_problem& problem) {
        fail("chat template ", shortened(problem.what()));
    }
}

AHA_INLINE std::string chat_template::render(std::span<const message> messages, const chat_options& options) const {
    return render_with_spans(list_of(messages), options).text;
}

AHA_INLINE std::string chat_template::render(std::initializer_list<message> messages,
                                             const chat_options& options) const {
    return render(std::span{messages.begin(), messages.size()}, options);
}

AHA_INLINE rendered_chat chat_template::render_with_spans(const nlohmann::ordered_json& messages,
                                                          const chat_options& options) const {
    require(options.variables.is_object(), "chat template: the variables are not a JSON object");
    nlohmann::ordered_json given = {{"tools", nullptr}, {"documents", nullptr}};
    given.update(defaults_);
    given.update(options.variables);
    given["messages"] = as_transformers_gives(messages);
    given["add_generation_prompt"] = options.add_generation_prompt;
    try {
        const auto variables = detail::jinja::from_json(given);
        detail::jinja::evaluator evaluator{*variables.as_mapping(), options.now};
        try {
            auto done = evaluator.run(*body_);
            return {std::move(done.text), std::move(done.generated)};
        } catch (const detail::jinja::template_problem& problem) {
            fail("chat template line ", evaluator.line(), ": ", shortened(problem.what()));
        }
    } catch (const detail::jinja::template_problem& problem) {
        fail("chat template: ", shortened(problem.what()));
    }
}

AHA_INLINE rendered_chat chat_template::render_with_spans(std::span<const message> messages,
                                                          const chat_options& options) const {
    return render_with_spans(list_of(messages), options);
}

AHA_INLINE std::string chat_template::shortened(std::string_view message) {
    constexpr std::size_t most = 1000;
    return message.size() <= most ? std::string{message} : utf8::replace_invalid(message.substr(0, most)) + "...";
}

AHA_INLINE nlohmann::ordered_json chat_template::list_of(std::span<const message> messages) {
    auto list = nlohmann::ordered_json::array();
    for (const message& one : messages) list.push_back(aha::to_json(one));
    return list;
}

AHA_INLINE nlohmann::ordered_json chat_template::as_transformers_gives(const nlohmann::ordered_json& messages) {
    require(messages.is_array(), "chat template: the messages are not a JSON array");
    auto list = nlohmann::ordered_json::array();
    for (const auto& one : messages) {
        require(one.is_object(), "chat template: message ", list.size(), " is not a JSON object");
        auto kept = nlohmann::ordered_json::object();
        for (const auto& [key, content] : one.items())
            if (!content.is_null()) kept[key] = content;
        for (const char* name : {"reasoning_content", "thinking", "reasoning"}) {
            if (!kept.contains(name)) continue;
            const nlohmann::ordered_json reasoning = kept[name];
            if (!kept.contains("thinking")) {
                nlohmann::ordered_json with_alias = {{"thinking", reasoning}};
                with_alias.update(kept);
                kept = std::move(with_alias);
            }
            kept["reasoning_content"] = reasoning;
            break;
        }
        list.push_back(std::move(kept));
    }
    return list;
}

}  // namespace aha

namespace aha::detail {

inline std::optional<std::string> read_text_file(const std::filesystem::path& path) {
    if (!std::filesystem::is_regular_file(path)) return std::nullopt;
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    require(file.good() || file.eof(), "cannot read ", path);
    return text;
}

AHA_INLINE nlohmann::ordered_json special_tokens(const nlohmann::ordered_json& config,
                                                 const nlohmann::ordered_json& map) {
    auto tokens = nlohmann::ordered_json::object();
    for (const char* name : tokenizing::special_token_names) {
        const auto* const found = tokenizing::special_value(config, map, name);
        if (found == nullptr) continue;
        if (found->is_string()) tokens[name] = *found;
        if (found->is_object() && found->contains("content") && (*found)["content"].is_string())
            tokens[name] = (*found)["content"];
    }
    return tokens;
}

/// The JSON object in `path`, which Python may have written; an empty one if there is no such file.
inline nlohmann::ordered_json object_in(const std::filesystem::path& path) {
    if (!std::filesystem::is_regular_file(path)) return nlohmann::ordered_json::object();
    const mapped_file file{path};
    const std::string_view text{reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
    auto config = parse_strict_json<nlohmann::ordered_json>(text, path.string(), json_numbers::as_python);
    require(config.is_object(), path, ": not a JSON object");
    return config;
}

/// Whether a template of this name may be a file of it.
inline bool is_template_name(const std::string& name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return jinja::is_ascii_letter(c) || jinja::is_ascii_digit(c) || c == '_' || c == '-';
    });
}

/// The template under "chat_template": a string, or a list of {"name", "template"} of which `name` is taken.
inline std::optional<std::string> configured_template(const nlohmann::ordered_json& config, const std::string& name,
                                                      const std::filesystem::path& path) {
    const auto found = config.find("chat_template");
    if (found == config.end() || found->is_null()) return std::nullopt;
    if (found->is_string()) return name == "default" ? std::optional{found->get<std::string>()} : std::nullopt;
    require(found->is_array(), path, ": \"chat_template\" is neither a string nor a list");
    for (const auto& one : *found) {
        require(one.is_object() && one.contains("name") && one["name"].is_string() && one.contains("template") &&
                    one["template"].is_string(),
                path, ": an entry of \"chat_template\" has no \"name\" and \"template\"");
        if (one["name"] == name) return one["template"].get<std::string>();
    }
    return std::nullopt;
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE nlohmann::ordered_json load_special_tokens(const std::filesystem::path& folder) {
    return detail::special_tokens(detail::object_in(folder / "tokenizer_config.json"),
                                  detail::object_in(folder / "special_tokens_map.json"));
}

AHA_INLINE std::optional<chat_template> load_chat_template(const std::filesystem::path& folder,
                                                           const std::string& name) {
    require(std::filesystem::is_directory(folder), "cannot load a chat template: ", folder, " is not a folder");
    require(detail::is_template_name(name), "a chat template's name \"", name,
            "\" holds a character other than letters, digits, _ and -");
    const auto config_path = folder / "tokenizer_config.json";
    const nlohmann::ordered_json config = detail::object_in(config_path);
    const auto file =
        name == "default" ? folder / "chat_template.jinja" : folder / "additional_chat_templates" / (name + ".jinja");
    auto source = detail::read_text_file(file);
    if (!source) source = detail::configured_template(config, name, config_path);
    if (!source) return std::nullopt;
    try {
        return chat_template{std::move(*source), load_special_tokens(folder)};
    } catch (const error& problem) {
        fail(folder, ": ", problem.what());
    }
}

}  // namespace aha
