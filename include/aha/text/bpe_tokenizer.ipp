#pragma once

#include <aha/text/bpe_tokenizer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE std::vector<token_id> bpe_tokenizer::encode(std::string_view text) const {
    std::vector<token_id> ids;
    const auto append = [&](token_id id, text_span) { ids.push_back(id); };
    if (tables_->needs_origins) each_token<detail::tokenizing::aligned_text>(text, append);
    else each_token<detail::tokenizing::plain_text>(text, append);
    return ids;
}

AHA_INLINE encoding bpe_tokenizer::encode_with_spans(std::string_view text) const {
    encoding made;
    each_token<detail::tokenizing::aligned_text>(text, [&](token_id id, text_span from) {
        made.ids.push_back(id);
        made.spans.push_back(from);
    });
    return made;
}

AHA_INLINE std::vector<token_id> bpe_tokenizer::encode_with_special(std::string_view text) const {
    const std::vector<token_id> inner = encode(text);
    std::vector<token_id> ids;
    for (const auto& part : tables_->parts.frame)
        if (part) ids.push_back(*part);
        else ids.insert(ids.end(), inner.begin(), inner.end());
    return ids;
}

AHA_INLINE std::string bpe_tokenizer::decode(std::span<const token_id> ids, bool skip_special) const {
    text_stream stream = decoding(skip_special);
    for (const token_id id : ids) stream.add(id);
    return stream.finish();
}

AHA_INLINE std::string bpe_tokenizer::text_stream::push(token_id id) {
    add(id);
    return stream_.take();
}

AHA_INLINE std::string bpe_tokenizer::text_stream::finish() {
    stream_.finish();
    return stream_.take();
}

AHA_INLINE void bpe_tokenizer::text_stream::add(token_id id) {
    require(id >= 0, "the token id ", id, " is negative");
    const entry* const token = tables_->find(id);
    if (token != nullptr && !(skip_special_ && token->special)) stream_.push(token->spelling);
}

AHA_INLINE std::string_view bpe_tokenizer::token_bytes(token_id id) const {
    require(id >= 0 && id < vocabulary_size(), "the token id ", id, " is not in the vocabulary of ", vocabulary_size());
    const entry* const token = tables_->find(id);
    if (token == nullptr) return {};
    return tables_->parts.decode.spells_bytes() ? token->spelling : token->bytes;
}

AHA_INLINE bpe_tokenizer::tables::tables(bpe_tokenizer_parts given) : parts{std::move(given)} {
    detail::tokenizing::for_each_token(parts.model,
                                       [&](token_id id, const std::string& text) { put({.id = id, .content = text}); });
    std::vector<added_token> raw, normal;
    for (const added_token& token : parts.added) {
        require(!token.content.empty(), "the added token ", token.id, " is empty");
        require(token.id >= 0 && token.id < detail::tokenizing::id_limit, "the added token ",
                detail::tokenizing::shown(token.content), " has the id ", token.id);
        const auto known = detail::tokenizing::find_token(model_tokens(), token.content);
        require(!known || *known == token.id, "the added token ", detail::tokenizing::shown(token.content),
                " has the id ", token.id, ", but in the vocabulary it has ", known.value_or(0));
        require(added_ids.emplace(token.content, token.id).second, "the added token ",
                detail::tokenizing::shown(token.content), " is given twice");
        // What is looked for in the normalized text is itself normalized, and decodes to that form.
        added_token sought = token;
        if (token.normalized) sought.content = parts.normalize(token.content);
        if (known) entries[static_cast<std::size_t>(places[static_cast<std::size_t>(token.id)])] = made(sought);
        else put(sought);
        if (!sought.content.empty()) (token.normalized ? normal : raw).push_back(std::move(sought));
    }
    find_raw = detail::tokenizing::added_token_finder{std::move(raw)};
    find_normalized = detail::tokenizing::added_token_finder{std::move(normal)};
    needs_origins = parts.cut.looks_at_origins() && !parts.normalize.empty();
    for (const auto& part : parts.frame)
        if (part) check(*part, "the post-processor's token");
}

AHA_INLINE auto bpe_tokenizer::tables::made(const added_token& token) const -> entry {
    entry e{parts.decode.spelling(token.content), {}, token.special};
    if (!parts.decode.spells_bytes()) e.bytes = parts.decode.bytes_of(e.spelling);
    return e;
}

AHA_INLINE void bpe_tokenizer::tables::put(const added_token& token) {
    const auto place = static_cast<std::size_t>(token.id);
    if (places.size() <= place) places.resize(place + 1, -1);
    require(places[place] < 0, "the token ", detail::tokenizing::shown(token.content), " has the id ", token.id,
            ", which another token has too");
    places[place] = static_cast<std::int32_t>(entries.size());
    entries.push_back(made(token));
}

AHA_INLINE void bpe_tokenizer::tables::check(token_id id, const char* what) const {
    require(find(id) != nullptr, what, " ", id, " is not in the vocabulary of ", places.size());
}

AHA_INLINE auto bpe_tokenizer::tables::find(token_id id) const -> const entry* {
    if (id < 0 || id >= static_cast<token_id>(places.size())) return nullptr;
    const std::int32_t place = places[static_cast<std::size_t>(id)];
    return place < 0 ? nullptr : &entries[static_cast<std::size_t>(place)];
}

AHA_INLINE std::optional<token_id> bpe_tokenizer::tables::id_of(std::string_view text) const {
    const auto added = detail::tokenizing::find_token(added_ids, text);
    return added ? added : detail::tokenizing::find_token(model_tokens(), text);
}

AHA_INLINE bpe_tokenizer::bpe_tokenizer(std::shared_ptr<const tables> made, tokenizer_facts facts)
    : tables_{std::move(made)}, facts_{std::move(facts)} {
    for (const token_id id : facts_.end_ids) tables_->check(id, "the end token");
    if (facts_.eos) tables_->check(*facts_.eos, "the end token");
    if (facts_.bos) tables_->check(*facts_.bos, "the first token");
}

}  // namespace aha
