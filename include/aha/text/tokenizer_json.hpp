#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/strict_json.hpp>
#include <aha/core/token_id.hpp>
#include <aha/text/bpe_tokenizer.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/post_processor.hpp>
#include <aha/text/special_tokens.hpp>
#include <aha/text/token_decoder.hpp>
#include <aha/text/tokenizer_model.hpp>

/// Tokenizers as the library `tokenizers` writes them: https://huggingface.co/docs/tokenizers. "truncation" and
/// "padding" are not looked at: a trainer decides both.
namespace aha {

namespace detail::tokenizing {

/// The added tokens. One that is listed twice has the first's id and the last's flags, as in the library `tokenizers`;
/// empty ones are never found.
inline std::vector<added_token> read_added_tokens(const json_part& root) {
    std::vector<added_token> tokens;
    std::unordered_map<std::string, std::size_t> places;
    if (const auto list = root.find("added_tokens"))
        for (std::size_t i = 0; i < list->size(); ++i) {
            const json_part part = list->item(i);
            added_token token = read_token(part, false);
            token.id = part.at("id").id();
            if (token.content.empty()) continue;
            const auto [place, is_new] = places.emplace(token.content, tokens.size());
            if (is_new) {
                tokens.push_back(std::move(token));
                continue;
            }
            added_token& first = tokens[place->second];
            token.id = first.id;
            token.special = token.special || first.special;
            first = std::move(token);
        }
    return tokens;
}

/// The parts of the tokenizer in the JSON object `root`; messages begin with its place.
inline bpe_tokenizer_parts read_parts(const json_part& root) {
    const auto cut = root.find("pre_tokenizer");
    const auto normalize = root.find("normalizer");
    const auto decoder = root.find("decoder");
    const auto frame = root.find("post_processor");
    bpe_tokenizer_parts parts{.normalize = normalize ? normalizer{*normalize} : normalizer{},
                              .cut = cut ? pre_tokenizer{*cut} : pre_tokenizer{},
                              .model = read_model(root.at("model")),
                              .added = read_added_tokens(root),
                              .decode = decoder ? token_decoder{*decoder} : token_decoder{}};
    if (frame) parts.frame = read_frame(*frame);
    return parts;
}

/// The tokenizer of parts that were read from `place`, which messages begin with.
inline bpe_tokenizer assembled(bpe_tokenizer_parts parts, tokenizer_facts facts, const std::string& place) {
    try {
        return bpe_tokenizer{std::move(parts), std::move(facts)};
    } catch (const error& wrong) {
        fail(place, ": ", wrong.what());
    }
}

/// What the files beside a tokenizer.json say of ids.
class facts_reader {
public:
    facts_reader(const bpe_tokenizer& tokenizer, const token_settings& settings)
        : tokenizer_{&tokenizer}, settings_{&settings} {}

    /// `notes` are kept in front of its own.
    tokenizer_facts read(std::vector<std::string> notes) && {
        facts_.notes = std::move(notes);
        std::optional<token_id> first_end, config_bos;
        for (const char* name : {"generation_config.json", "config.json"}) {
            const json_part config = settings_->file(name);
            for (const token_id id : known_ids(config, "eos_token_id")) add_end(id);
            if (name == std::string_view{"config.json"})
                if (const auto ids = known_ids(config, "eos_token_id", false); !ids.empty()) first_end = ids.front();
            if (const auto ids = known_ids(config, "bos_token_id"); !ids.empty() && !config_bos)
                config_bos = ids.front();
        }
        if (!first_end && !facts_.end_ids.empty()) first_end = facts_.end_ids.front();
        facts_.eos = spelt("eos_token");
        if (!facts_.eos) facts_.eos = first_end;
        if (facts_.eos) add_end(*facts_.eos);
        facts_.bos = spelt("bos_token");
        if (!facts_.bos && !said_to_be_none("bos_token")) facts_.bos = config_bos;
        return std::move(facts_);
    }

private:
    /// An id or a list of ids; those that no token has are passed over.
    std::vector<token_id> known_ids(const json_part& config, const char* key, bool with_notes = true) {
        const auto value = config.find(key);
        if (!value) return {};
        std::vector<json_part> parts;
        if (value->value().is_array())
            for (std::size_t i = 0; i < value->size(); ++i) parts.push_back(value->item(i));
        else parts.push_back(*value);
        std::vector<token_id> ids;
        for (const json_part& part : parts) {
            require(part.value().is_number_integer(), part.place(), " is not a whole number");
            const bool in_range = !part.value().is_number_unsigned() || part.value().get<std::uint64_t>() < id_limit;
            if (in_range && tokenizer_->contains(part.value().get<token_id>())) ids.push_back(part.id());
            else if (with_notes)
                facts_.notes.push_back(part.place() + " is " + part.value().dump() +
                                       ", which no token has: it is passed over");
        }
        return ids;
    }

    /// The id of a named token, if there is such a token.
    std::optional<token_id> spelt(const char* name) const {
        const auto part = settings_->named(name);
        return part ? tokenizer_->id_of(read_token(*part, true).content) : std::nullopt;
    }

    /// True if a file says with null that there is no such token.
    bool said_to_be_none(const char* name) const { return settings_->mentions(name) && !settings_->named(name); }

    void add_end(token_id id) {
        if (std::ranges::find(facts_.end_ids, id) == facts_.end_ids.end()) facts_.end_ids.push_back(id);
    }

    const bpe_tokenizer* tokenizer_;
    const token_settings* settings_;
    tokenizer_facts facts_;
};

}  // namespace detail::tokenizing

/// The tokenizer that a tokenizer.json, read as JSON, describes. Throws `aha::error` naming what is wrong, or which
/// type of normalizer, pre-tokenizer, model, post-processor or decoder is not supported.
inline bpe_tokenizer make_tokenizer(const nlohmann::json& tokenizer_json, tokenizer_facts facts = {}) {
    const detail::tokenizing::json_part root{tokenizer_json, "tokenizer.json", true};
    return detail::tokenizing::assembled(detail::tokenizing::read_parts(root), std::move(facts), root.place());
}

/// Reads `file`, a tokenizer.json, and what is beside it, as transformers 5.23 does for a tokenizer that is its
/// tokenizer.json; the class that tokenizer_config.json names changes nothing here, though transformers builds another
/// pre-tokenizer for some (LlamaTokenizer, GPT2Tokenizer, Qwen2Tokenizer), and neither do add_bos_token and
/// add_eos_token: the post-processor says what is put around a text.
///
/// - Tokens: those of tokenizer_config.json's added_tokens_decoder (else of added_tokens.json), bos_token, eos_token
/// and
///   the others that it or special_tokens_map.json names, extra_special_tokens or additional_special_tokens are added
///   where tokenizer.json lacks them; one without a row in config.json's vocab_size is passed over.
/// - `end_ids`: all that generation_config.json, config.json and the tokenizer say. `eos`: the tokenizer's eos_token,
///   else config.json's first. `bos`: the tokenizer's bos_token (null means none), else generation_config.json's or
///   config.json's.
/// - `notes`: what was passed over, such as an id beyond the vocabulary.
///
/// Throws `aha::error` naming the file at fault.
inline bpe_tokenizer load_tokenizer_json(const std::filesystem::path& file) {
    namespace tokenizing = detail::tokenizing;
    const nlohmann::json root = detail::read_json_object(file);
    const tokenizing::json_part part{root, file.string(), true};
    bpe_tokenizer_parts parts = tokenizing::read_parts(part);
    const tokenizing::token_settings settings{file.parent_path()};
    auto list = tokenizing::token_list{parts.model, std::move(parts.added)}.completed(settings);
    parts.added = list.tokens();
    const bpe_tokenizer made = tokenizing::assembled(std::move(parts), {}, part.place());
    return made.with_facts(tokenizing::facts_reader{made, settings}.read(list.notes()));
}

}  // namespace aha
