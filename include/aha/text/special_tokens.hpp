#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/strict_json.hpp>
#include <aha/core/token_id.hpp>
#include <aha/text/added_tokens.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/special_token_names.hpp>
#include <aha/text/tokenizer_model.hpp>

/// What the files beside a tokenizer.json say of its tokens, read as transformers 5.23 reads them for a tokenizer that
/// is its tokenizer.json: tokenizer_config.json, special_tokens_map.json, added_tokens.json.
namespace aha::detail::tokenizing {

/// A token of a configuration: its text, or an object with its text and flags.
inline added_token read_token(const json_part& part, bool special) {
    if (!part.value().is_object()) return {.content = part.text(), .normalized = false, .special = true};
    const bool is_special = part.flag("special", special);
    return {.content = part.at("content").text(),
            .single_word = part.flag("single_word", false),
            .lstrip = part.flag("lstrip", false),
            .rstrip = part.flag("rstrip", false),
            .normalized = part.flag("normalized", !is_special),
            .special = is_special};
}

/// The JSON files beside a tokenizer.json, each an empty object if it is not there.
class token_settings {
public:
    explicit token_settings(const std::filesystem::path& folder) {
        for (const char* name : {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json",
                                 "generation_config.json"}) {
            const std::filesystem::path path = folder / name;
            files_[name] = {std::filesystem::exists(path) ? read_json_object(path) : nlohmann::json::object(),
                            path.string()};
        }
    }

    /// One of the files, empty if there is none.
    json_part file(const std::string& name) const {
        const auto& [value, place] = files_.at(name);
        return {value, place, true};
    }

    /// The token called `name`, nothing if it is null or not named.
    std::optional<json_part> named(const std::string& name) const {
        const json_part config = file("tokenizer_config.json"), map = file("special_tokens_map.json");
        const nlohmann::json* const value = special_value(config.value(), map.value(), name);
        if (value == nullptr) return std::nullopt;
        const auto in_config = config.find(name);
        return in_config && &in_config->value() == value ? in_config : map.find(name);
    }

    /// True if a file names a token, or says with null that there is none.
    bool mentions(const std::string& name) const {
        return special_value(file("tokenizer_config.json").value(), file("special_tokens_map.json").value(), name) !=
               nullptr;
    }

    /// How many rows the model's embedding has, if config.json says it.
    std::optional<std::int64_t> rows() const {
        const auto size = file("config.json").value().find("vocab_size");
        if (size == file("config.json").value().end() || !size->is_number_unsigned()) return std::nullopt;
        return static_cast<std::int64_t>(std::min<std::uint64_t>(size->get<std::uint64_t>(), id_limit));
    }

private:
    std::map<std::string, std::pair<nlohmann::json, std::string>> files_;  // with their places
};

/// The added tokens of a tokenizer, with those that its settings name.
class token_list {
public:
    /// Of the tokens that tokenizer.json adds to `model`, which must outlive the list.
    token_list(const tokenizer_model& model, std::vector<added_token> added)
        : model_{&model}, tokens_{std::move(added)} {
        token_id count = 0, expected = 0;
        for_each_token(model, [&](token_id id, const std::string&) {
            ++count;
            next_id_ = std::max(next_id_, id + 1);
        });
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            const auto& [id, content] = std::pair{tokens_[i].id, tokens_[i].content};
            places_.emplace(content, i);
            next_id_ = std::max(next_id_, id + 1);
            // The library numbers tokens itself, whatever the file says.
            const auto known = find_token(tokens_of(model), content);
            const token_id counted = known.value_or(std::max(count, expected));
            expected = std::max(expected, counted + 1);
            if (counted != id)
                notes_.push_back("the added token " + shown(content) + " has the id " + std::to_string(id) +
                                 " here, as its file says; the library tokenizers gives it " + std::to_string(counted));
        }
    }

    /// The same list with the tokens that `settings` name.
    token_list completed(const token_settings& settings) && {
        const json_part config = settings.file("tokenizer_config.json");
        const auto listed = config.find("added_tokens_decoder");
        if (listed) add_listed(*listed);
        else if (!config.value().contains("added_tokens_decoder")) add_spelt(settings.file("added_tokens.json"));
        for (const char* name : special_token_names)
            if (const auto token = settings.named(name)) add_named(*token, settings.rows(), listed.has_value());
        for (const json_part& token : further_names(config)) add_named(token, settings.rows(), listed.has_value());
        for (const json_part& token : extra(settings)) {
            const added_token wanted = read_token(token, true);
            if (find(wanted.content) == nullptr) add_new(wanted, token.place(), settings.rows());
        }
        return std::move(*this);
    }

    const std::vector<added_token>& tokens() const { return tokens_; }
    const std::vector<std::string>& notes() const { return notes_; }

private:
    added_token* find(const std::string& content) {
        const auto found = places_.find(content);
        return found == places_.end() ? nullptr : &tokens_[found->second];
    }

    /// A token of the model keeps its id; another gets the next one, as in the library `tokenizers`.
    token_id id_for(const std::string& content) const {
        return find_token(tokens_of(*model_), content).value_or(next_id_);
    }

    void append(added_token token) {
        token.id = id_for(token.content);
        next_id_ = std::max(next_id_, token.id + 1);
        places_.emplace(token.content, tokens_.size());
        tokens_.push_back(std::move(token));
    }

    /// {"32000": {"content": ...}, ...}: in the order of ids; what is known gets these flags.
    void add_listed(const json_part& part) {
        require(part.value().is_object(), part.place(), " is not an object");
        std::map<std::int64_t, json_part> by_id;
        for (const auto& [key, value] : part.value().items()) {
            const bool whole = !key.empty() && key.size() <= 8 &&
                               std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
            require(whole, part.place(), " has the key ", shown(key), ", not an id");
            by_id.insert_or_assign(std::stoll(key), json_part{value, part.place() + "." + key});
        }
        for (const auto& [id, entry] : by_id) add_listed(read_token(entry, false), id, entry.place());
    }

    void add_listed(const added_token& token, std::int64_t said, const std::string& place) {
        if (token.content.empty()) return;
        listed_.insert(token.content);
        if (added_token* const known = find(token.content)) {
            const token_id id = known->id;
            const bool special = known->special || token.special;
            *known = token;
            known->id = id, known->special = special;
        } else {
            append(token);
        }
        const token_id id = find(token.content)->id;
        if (id != said)
            notes_.push_back(place + " says that the token " + shown(token.content) + " has the id " +
                             std::to_string(said) + "; it has " + std::to_string(id) + ", as in transformers");
    }

    /// {"<tool>": 32000, ...}, of older files.
    void add_spelt(const json_part& part) {
        std::map<token_id, std::string> by_id;
        for (const auto& [text, value] : part.value().items())
            by_id.insert_or_assign(json_part{value, part.place() + ": " + text}.id(), text);
        for (const auto& [id, text] : by_id)
            if (find(text) == nullptr)
                add_listed({.content = text, .normalized = true}, id, part.place() + ": " + text);
    }

    /// A token that is known becomes special, unless a list of added tokens leaves it out.
    void add_named(const json_part& part, std::optional<std::int64_t> rows, bool has_list) {
        const added_token wanted = read_token(part, true);
        added_token* const known = find(wanted.content);
        if (known == nullptr) add_new(wanted, part.place(), rows);
        else if (!has_list || listed_.contains(wanted.content)) known->special = true;
    }

    /// A token of the model's own is found in texts from now on; one that nobody knows is new, if the model has a row
    /// for it.
    void add_new(added_token wanted, const std::string& place, std::optional<std::int64_t> rows) {
        if (wanted.content.empty()) return;
        const token_id id = id_for(wanted.content);
        if (id == next_id_) {
            const std::string start = place + " is " + shown(wanted.content) + ", which is not in the vocabulary";
            if (rows && id >= *rows) {
                notes_.push_back(start + ", and the model has no row for another token: it is passed over");
                return;
            }
            notes_.push_back(start + ": it is the new token " + std::to_string(id) + ", as in transformers");
        }
        wanted.special = true;
        append(std::move(wanted));
    }

    /// Tokens with names of their own: "image_token" and such.
    static std::vector<json_part> further_names(const json_part& config) {
        std::vector<json_part> found;
        for (const auto& [key, value] : config.value().items())
            if (key.ends_with("_token") && value.is_string() &&
                std::ranges::find(special_token_names, key) == special_token_names.end())
                found.push_back(config.at(key));
        if (const auto more = config.find("extra_special_tokens"); more && more->value().is_object())
            for (const auto& [key, value] : more->value().items()) found.push_back(more->at(key));
        return found;
    }

    /// Tokens without names.
    static std::vector<json_part> extra(const token_settings& settings) {
        std::vector<json_part> found;
        const bool listed = settings.file("tokenizer_config.json").value().contains("added_tokens_decoder");
        for (const char* file : {"tokenizer_config.json", "special_tokens_map.json"})
            for (const char* key : {"extra_special_tokens", "additional_special_tokens"}) {
                if (!found.empty() || (listed && file != std::string_view{"tokenizer_config.json"})) continue;
                const auto list = settings.file(file).find(key);
                if (!list || list->value().is_object()) continue;
                for (std::size_t i = 0; i < list->size(); ++i) found.push_back(list->item(i));
            }
        return found;
    }

    const tokenizer_model* model_;
    std::vector<added_token> tokens_;
    std::unordered_map<std::string, std::size_t> places_;  // of each token, by its text
    std::set<std::string> listed_;                         // what added_tokens_decoder has
    std::vector<std::string> notes_;
    token_id next_id_ = 0;
};

}  // namespace aha::detail::tokenizing
