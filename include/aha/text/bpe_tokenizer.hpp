#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/concepts/tokenizer.hpp>
#include <aha/core/token_id.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/added_tokens.hpp>
#include <aha/text/aligned_text.hpp>
#include <aha/text/byte_alphabet.hpp>
#include <aha/text/normalizer.hpp>
#include <aha/text/pre_tokenizer.hpp>
#include <aha/text/text_span.hpp>
#include <aha/text/token_decoder.hpp>
#include <aha/text/tokenizer_model.hpp>
#include <aha/text/word_cache.hpp>

namespace aha {

/// What tokenizer.json does not say.
struct tokenizer_facts {
    std::vector<token_id> end_ids{};   ///< ids that end a completion
    std::optional<token_id> bos{};     ///< the id that a text begins with, if there is one
    std::optional<token_id> eos{};     ///< the tokenizer's own end token, one of `end_ids`
    std::vector<std::string> notes{};  ///< what was passed over when it was read, a sentence each
};

/// The parts that a `bpe_tokenizer` is made of.
struct bpe_tokenizer_parts {
    aha::normalizer normalize{};       ///< what is done to a text first
    pre_tokenizer cut{};               ///< how a text is cut into words
    tokenizer_model model;             ///< how a word becomes tokens
    std::vector<added_token> added{};  ///< no two with the same id and another content, nor the other way round
    token_decoder decode{};            ///< how tokens become a text
    /// What `encode_with_special` gives, in order; nothing stands for the text's own ids.
    std::vector<std::optional<token_id>> frame{std::nullopt};
};

/// The tokens of a text, and where in it they came from.
struct encoding {
    std::vector<token_id> ids;     ///< the tokens
    std::vector<text_span> spans;  ///< of each token, in bytes of the text
};

/// Text to ids and back, as the library `tokenizers` does it with the same tokenizer.json, whatever its model: byte
/// pair encoding, which most have, Unigram, WordPiece or whole words. Made by `make_tokenizer` and
/// `load_tokenizer_json`. Cheap to copy; several threads may use one.
class bpe_tokenizer {
    struct tables;
    struct entry {
        std::string spelling;  // as the decoder takes it
        std::string bytes;     // what it adds to a text, unless the spelling is that
        bool special = false;
    };

public:
    /// Throws `aha::error` if an id is given twice, or ids of the facts or the frame are not in the vocabulary.
    explicit bpe_tokenizer(bpe_tokenizer_parts parts, tokenizer_facts facts = {})
        : bpe_tokenizer{std::make_shared<const tables>(std::move(parts)), std::move(facts)} {}

    /// The same tokenizer with other facts. Throws `aha::error` if their ids are not in the vocabulary.
    bpe_tokenizer with_facts(tokenizer_facts facts) const { return {tables_, std::move(facts)}; }

    /// The ids of `text`. Special and added tokens written in it are recognized; none are added. Bytes that are no
    /// UTF-8 are read as U+FFFD.
    std::vector<token_id> encode(std::string_view text) const;

    /// The same ids, with the bytes of `text` that each came from, as the offsets of the library `tokenizers` (which
    /// counts characters) before its post-processors trim them. A token of half a character has all of it; one of a
    /// character that was composed of several has the first; an added token has the white space that it took along.
    /// Ranges may overlap, and be empty where a normalizer put something in. Only where a model drops characters that
    /// it has no token for does the reference lose count; here the tokens after them keep their places.
    encoding encode_with_spans(std::string_view text) const;

    /// The ids of `text` with what the tokenizer's post-processor puts around them, often the first token.
    std::vector<token_id> encode_with_special(std::string_view text) const;

    /// The text of `ids`: UTF-8, with U+FFFD for bytes that are none. Special tokens are left out unless `skip_special`
    /// is false. Ids beyond the vocabulary, which a model's padded head may give, have no text. Throws `aha::error` for
    /// a negative id.
    std::string decode(std::span<const token_id> ids, bool skip_special = true) const;

    /// Decodes tokens as they come: what it gives, put together, is what `decode` gives of all.
    class text_stream {
    public:
        /// Takes the next token; gives the text that is complete with it and was not given before: whole characters.
        /// Throws `aha::error` for a negative id.
        std::string push(token_id id);

        /// The rest of the text; the stream is as new after it.
        std::string finish();

    private:
        friend class bpe_tokenizer;
        text_stream(std::shared_ptr<const tables> of, bool skip_special)
            : tables_{std::move(of)}, stream_{tables_->parts.decode}, skip_special_{skip_special} {}

        void add(token_id id);

        std::shared_ptr<const tables> tables_;
        token_decoder::stream stream_;
        bool skip_special_;
    };

    /// A stream that decodes as `decode` does.
    text_stream decoding(bool skip_special = true) const { return {tables_, skip_special}; }

    /// The bytes that token `id` adds to a text behind another, perhaps half a character; empty for an id between
    /// others that has no token. Throws `aha::error` if the id is not below `vocabulary_size()`.
    std::string_view token_bytes(token_id id) const;

    /// The id of the token that tokenizer.json spells `token` ("<|im_end|>", or "\u0120a" for " a").
    std::optional<token_id> id_of(std::string_view token) const { return tables_->id_of(token); }

    /// One more than the largest id.
    std::int64_t vocabulary_size() const { return static_cast<std::int64_t>(tables_->places.size()); }

    /// The ids that end a completion.
    const std::vector<token_id>& end_ids() const { return facts_.end_ids; }

    /// The id that a text begins with, if the model has one.
    std::optional<token_id> bos() const { return facts_.bos; }

    /// The id that ends what the tokenizer encodes, one of `end_ids`, if there is one.
    std::optional<token_id> eos() const { return facts_.eos; }

    /// What was passed over when the tokenizer was read, a sentence each.
    const std::vector<std::string>& notes() const { return facts_.notes; }

    /// True if a token has this id.
    bool contains(token_id id) const { return tables_->find(id) != nullptr; }

private:
    /// Calls `emit(id, span)` for each token of `text`; the spans are right if `Text` knows where its bytes came from.
    template <class Text, class Emit>
    void each_token(std::string_view text, Emit&& emit) const {
        const tables& t = *tables_;
        const detail::tokenizing::word_caches::loan cache{t.caches};
        const Text clean = Text::read(text);
        for (const auto& raw : t.find_raw(clean.text)) {
            if (raw.id) {
                emit(*raw.id, clean.origin(raw.where));
                continue;
            }
            Text normal = clean.slice(raw.where);
            t.parts.normalize.apply(normal);
            for (const auto& piece : t.find_normalized(normal.text)) {
                if (piece.id) {
                    emit(*piece.id, normal.origin(piece.where));
                    continue;
                }
                const bool first = raw.where.begin + piece.where.begin == 0;
                const auto cut = t.parts.cut.cut(normal.slice(piece.where), first, false);
                std::visit([&](const auto& model) { encode_words(model, cut, *cache, emit); }, t.parts.model);
            }
        }
    }

    /// Words that were met before are taken from `cache`.
    template <class Model, class Text, class Emit>
    static void encode_words(const Model& model, const detail::tokenizing::cut_words<Text>& cut,
                             detail::tokenizing::word_cache& cache, Emit& emit) {
        using detail::tokenizing::word_cache;
        spelling spelt;
        for (std::size_t i = 0; i < cut.words.size(); ++i) {
            const std::string_view word = cut.word(i);
            const std::size_t start = cut.words[i].begin;
            const auto give = [&](token_id id, std::size_t begin, std::size_t end) {
                emit(id, cut.text.origin({start + begin, start + end}));
            };
            const auto encode = [&](auto&& each) {
                if (cut.unspelled) spelt.encode(model, word, each);
                else model.encode_word(word, each);
            };
            if (word.size() > word_cache::longest_word) {
                encode(give);
                continue;
            }
            word_cache::entry made;
            word_cache::entry& known = cache.place_of(word, made.key);
            if (known.count > 0 && known.key == made.key) {
                known.replay(give);
                continue;
            }
            std::size_t done = 0;
            bool fits = true;
            encode([&](token_id id, std::size_t begin, std::size_t end) {
                give(id, begin, end);
                fits = fits && begin == done && made.count < word_cache::most_tokens;
                if (!fits) return;
                made.ids[made.count] = static_cast<std::int32_t>(id);
                made.ends[made.count++] = static_cast<std::uint8_t>(end);
                done = end;
            });
            if (fits && made.count > 0) cache.keep(known, made);
        }
    }

    /// Encodes words by their spelling in the byte alphabet; what tokens cover is counted in the word's own bytes.
    struct spelling {
        std::string text;
        std::vector<std::uint32_t> byte_of;  // the byte that each byte of the spelling stands for

        template <class Model, class Each>
        void encode(const Model& model, std::string_view word, Each&& each) {
            text.clear(), byte_of.clear();
            for (std::size_t at = 0; at < word.size(); ++at) {
                detail::tokenizing::append_character(text,
                                                     byte_alphabet::characters[static_cast<unsigned char>(word[at])]);
                byte_of.resize(text.size(), static_cast<std::uint32_t>(at));
            }
            model.encode_word(text, [&](token_id id, std::size_t begin, std::size_t end) {
                if (begin < end) each(id, std::size_t{byte_of[begin]}, std::size_t{byte_of[end - 1]} + 1);
                else each(id, std::size_t{0}, std::size_t{0});
            });
        }
    };

    struct tables {
        bpe_tokenizer_parts parts;
        std::vector<entry> entries;
        std::vector<std::int32_t> places;  // of each id's entry, or -1
        detail::tokenizing::token_map added_ids;
        detail::tokenizing::added_token_finder find_raw, find_normalized;
        bool needs_origins = false;  // even ids depend on where a text came from
        mutable detail::tokenizing::word_caches caches;

        explicit tables(bpe_tokenizer_parts given);

        const detail::tokenizing::token_map& model_tokens() const { return detail::tokenizing::tokens_of(parts.model); }

        entry made(const added_token& token) const;

        void put(const added_token& token);

        void check(token_id id, const char* what) const;

        const entry* find(token_id id) const;

        std::optional<token_id> id_of(std::string_view text) const;
    };

    bpe_tokenizer(std::shared_ptr<const tables> made, tokenizer_facts facts);

    std::shared_ptr<const tables> tables_;
    tokenizer_facts facts_;
};

static_assert(tokenizer<bpe_tokenizer>);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/bpe_tokenizer.ipp>
#endif
