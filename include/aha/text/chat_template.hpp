#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/mapped_file.hpp>
#include <aha/core/message.hpp>
#include <aha/files/strict_json.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/jinja/evaluator.hpp>
#include <aha/text/jinja/parser.hpp>
#include <aha/text/special_token_names.hpp>

namespace aha {

/// What a chat template is given besides the messages.
struct chat_options {
    bool add_generation_prompt = true;  ///< end where the assistant begins to speak
    /// Further names that the template reads: bos_token, tools, enable_thinking, ... The order of keys is kept.
    nlohmann::ordered_json variables = nlohmann::ordered_json::object();
    std::optional<std::tm> now = std::nullopt;  ///< what `strftime_now` shows; the local time if not given
};

/// A rendered conversation and the parts of it that the assistant said.
struct rendered_chat {
    std::string text;  ///< what the model reads
    /// Byte ranges [begin, end) of `text` that `{% generation %}` blocks wrote: what SFT trains on. Empty if the
    /// template has no such blocks.
    std::vector<std::pair<std::size_t, std::size_t>> assistant_spans;
};

/// A chat template in the subset of Jinja2 that real ones use, rendered as transformers 5 renders it (trim_blocks,
/// lstrip_blocks, its json filter). What is outside the subset is an `aha::error` that names the construct and the
/// line: when the template is made, or when the line is reached.
class chat_template {
public:
    /// `defaults` are variables that `chat_options::variables` may override (the model's bos_token, say).
    explicit chat_template(std::string source, nlohmann::ordered_json defaults = nlohmann::ordered_json::object())
        : source_{std::move(source)}, defaults_(std::move(defaults)) {
        require(source_.size() <= 4'000'000, "a chat template of ", source_.size(), " bytes; at most 4000000 are read");
        require(defaults_.is_object(), "chat template: the default variables are not a JSON object");
        try {
            body_ = std::make_shared<const detail::jinja::block>(detail::jinja::parser{source_}.run());
        } catch (const detail::jinja::template_problem& problem) {
            fail("chat template ", shortened(problem.what()));
        }
    }

    /// The conversation as the model reads it. Throws `aha::error` with the template's line if it cannot be rendered,
    /// the template's own `raise_exception` included.
    std::string render(std::span<const message> messages, const chat_options& options = {}) const {
        return render_with_spans(list_of(messages), options).text;
    }
    /// The same.
    std::string render(std::initializer_list<message> messages, const chat_options& options = {}) const {
        return render(std::span{messages.begin(), messages.size()}, options);
    }
    /// The same for messages with more than a role and a text: a JSON array of objects (nlohmann::json or
    /// ordered_json).
    template <class Json>
        requires std::same_as<Json, nlohmann::json> || std::same_as<Json, nlohmann::ordered_json>
    std::string render(const Json& messages, const chat_options& options = {}) const {
        return render_with_spans(messages, options).text;
    }

    /// As `render`, with the places of what the assistant said.
    rendered_chat render_with_spans(const nlohmann::ordered_json& messages, const chat_options& options = {}) const {
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
    /// The same of plain messages.
    rendered_chat render_with_spans(std::span<const message> messages, const chat_options& options = {}) const {
        return render_with_spans(list_of(messages), options);
    }

    /// The template as it was given.
    const std::string& source() const { return source_; }
    /// The variables that it has when none are given.
    const nlohmann::ordered_json& defaults() const { return defaults_; }

private:
    /// A message that holds names and texts of the template's: a template may be of any length, a sentence is not.
    static std::string shortened(std::string_view message) {
        constexpr std::size_t most = 1000;
        return message.size() <= most ? std::string{message} : utf8::replace_invalid(message.substr(0, most)) + "...";
    }

    static nlohmann::ordered_json list_of(std::span<const message> messages) {
        auto list = nlohmann::ordered_json::array();
        for (const message& one : messages) list.push_back(aha::to_json(one));
        return list;
    }

    /// Messages as transformers hands them to a template: null fields dropped, reasoning under the name that templates
    /// read.
    static nlohmann::ordered_json as_transformers_gives(const nlohmann::ordered_json& messages) {
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

    std::string source_;
    nlohmann::ordered_json defaults_;
    std::shared_ptr<const detail::jinja::block> body_;
};

namespace detail {

inline std::optional<std::string> read_text_file(const std::filesystem::path& path) {
    if (!std::filesystem::is_regular_file(path)) return std::nullopt;
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    require(file.good() || file.eof(), "cannot read ", path);
    return text;
}

/// The special tokens of a tokenizer_config.json and a special_tokens_map.json, as variables of a chat template.
inline nlohmann::ordered_json special_tokens(const nlohmann::ordered_json& config, const nlohmann::ordered_json& map) {
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

}  // namespace detail

/// The special tokens of a Hugging Face folder (tokenizer_config.json, special_tokens_map.json), as variables of a chat
/// template: bos_token, eos_token, ... Throws `aha::error` naming the file if one is broken.
inline nlohmann::ordered_json load_special_tokens(const std::filesystem::path& folder) {
    return detail::special_tokens(detail::object_in(folder / "tokenizer_config.json"),
                                  detail::object_in(folder / "special_tokens_map.json"));
}

/// The chat template of a Hugging Face folder: chat_template.jinja (additional_chat_templates/NAME.jinja for another
/// name than "default"), else "chat_template" in tokenizer_config.json. The special tokens there, or in
/// special_tokens_map.json, become default variables.
/// Nothing if the folder has no such template; throws `aha::error` naming the file if one is broken.
inline std::optional<chat_template> load_chat_template(const std::filesystem::path& folder,
                                                       const std::string& name = "default") {
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
