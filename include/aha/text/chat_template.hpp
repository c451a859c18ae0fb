#pragma once

#include <concepts>
#include <cstddef>
#include <ctime>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/message.hpp>

namespace aha {

namespace detail::jinja {
struct statement;
}

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
    explicit chat_template(std::string source, nlohmann::ordered_json defaults = nlohmann::ordered_json::object());

    /// The conversation as the model reads it. Throws `aha::error` with the template's line if it cannot be rendered,
    /// the template's own `raise_exception` included.
    std::string render(std::span<const message> messages, const chat_options& options = {}) const;
    /// The same.
    std::string render(std::initializer_list<message> messages, const chat_options& options = {}) const;
    /// The same for messages with more than a role and a text: a JSON array of objects (nlohmann::json or
    /// ordered_json).
    template <class Json>
        requires std::same_as<Json, nlohmann::json> || std::same_as<Json, nlohmann::ordered_json>
    std::string render(const Json& messages, const chat_options& options = {}) const {
        return render_with_spans(messages, options).text;
    }

    /// As `render`, with the places of what the assistant said.
    rendered_chat render_with_spans(const nlohmann::ordered_json& messages, const chat_options& options = {}) const;
    /// The same of plain messages.
    rendered_chat render_with_spans(std::span<const message> messages, const chat_options& options = {}) const;

    /// The template as it was given.
    const std::string& source() const { return source_; }
    /// The variables that it has when none are given.
    const nlohmann::ordered_json& defaults() const { return defaults_; }

private:
    /// A message that holds names and texts of the template's: a template may be of any length, a sentence is not.
    static std::string shortened(std::string_view message);

    static nlohmann::ordered_json list_of(std::span<const message> messages);

    /// Messages as transformers hands them to a template: null fields dropped, reasoning under the name that templates
    /// read.
    static nlohmann::ordered_json as_transformers_gives(const nlohmann::ordered_json& messages);

    std::string source_;
    nlohmann::ordered_json defaults_;
    std::shared_ptr<const std::vector<detail::jinja::statement>> body_;
};

namespace detail {

/// The special tokens of a tokenizer_config.json and a special_tokens_map.json, as variables of a chat template.
nlohmann::ordered_json special_tokens(const nlohmann::ordered_json& config, const nlohmann::ordered_json& map);

}  // namespace detail

/// The special tokens of a Hugging Face folder (tokenizer_config.json, special_tokens_map.json), as variables of a chat
/// template: bos_token, eos_token, ... Throws `aha::error` naming the file if one is broken.
nlohmann::ordered_json load_special_tokens(const std::filesystem::path& folder);

/// The chat template of a Hugging Face folder: chat_template.jinja (additional_chat_templates/NAME.jinja for another
/// name than "default"), else "chat_template" in tokenizer_config.json. The special tokens there, or in
/// special_tokens_map.json, become default variables.
/// Nothing if the folder has no such template; throws `aha::error` naming the file if one is broken.
std::optional<chat_template> load_chat_template(const std::filesystem::path& folder,
                                                const std::string& name = "default");

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/chat_template.ipp>
#endif
