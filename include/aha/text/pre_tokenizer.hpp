#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/files/utf8.hpp>
#include <aha/text/aligned_text.hpp>
#include <aha/text/byte_alphabet.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/normalizer.hpp>
#include <aha/text/regex.hpp>
#include <aha/text/word_splitter.hpp>

namespace aha {

namespace detail::tokenizing {

/// A text cut into words: stretches from left to right, none empty, perhaps with gaps.
template <class Text>
struct cut_words {
    Text text;                     ///< the whole text
    std::vector<text_span> words;  ///< where words begin and end in it
    bool starts_text = true;       ///< whether the text that is tokenized begins here
    bool unspelled = false;        ///< whether the words are still to be written in the byte alphabet

    /// Word `i`.
    std::string_view word(std::size_t i) const {
        return std::string_view{text.text}.substr(words[i].begin, words[i].end - words[i].begin);
    }

    /// Whether word `i` comes from the very start of the text.
    bool is_first(std::size_t i) const {
        if constexpr (Text::aligned) return text.origin(words[i]).begin == 0;
        else return starts_text && words[i].begin == 0;
    }
};

/// Cuts at matches.
struct split_step {
    word_splitter split;

    template <class Text>
    void operator()(cut_words<Text>& cut) const {
        cut.words = split(cut.text.text, cut.words);
    }
};

/// Each word becomes words of so many characters; the last one may be shorter.
struct length_step {
    std::size_t length = 0;

    template <class Text>
    void operator()(cut_words<Text>& cut) const {
        std::vector<text_span> words;
        for (const text_span word : cut.words) {
            std::size_t characters = 0;
            for (std::size_t at = word.begin; at < word.end; ++characters) {
                if (characters % length == 0) words.push_back({at, at});
                words.back().end = at += utf8::unit_at(cut.text.text, at).size;
            }
        }
        cut.words = std::move(words);
    }
};

/// Writes each word anew: `write(text, i, made)` appends what becomes of word `i` of the old text.
template <class Text, class Write>
void rewrite_words(cut_words<Text>& cut, Write&& write) {
    cut_words<Text> made{cut.text.blank(), {}, cut.starts_text, cut.unspelled};
    made.text.text.reserve(cut.text.text.size() + cut.text.text.size() / 4);
    made.words.reserve(cut.words.size());
    for (std::size_t i = 0; i < cut.words.size(); ++i) {
        const std::size_t begin = made.text.text.size();
        write(cut, i, made.text);
        made.words.push_back({begin, made.text.text.size()});
    }
    cut = std::move(made);
}

/// Puts a space before each word that has none.
struct space_step {
    template <class Text>
    void operator()(cut_words<Text>& cut) const {
        rewrite_words(cut, [](const cut_words<Text>& old, std::size_t i, Text& made) {
            const text_span word = old.words[i];
            if (!old.word(i).starts_with(' ')) made.append(" ", old.text.origin({word.begin, word.begin + 1}));
            made.append(old.text, word);
        });
    }
};

/// Writes each byte of each word as its character of the byte alphabet.
struct spell_step {
    template <class Text>
    void operator()(cut_words<Text>& cut) const {
        rewrite_words(cut, [](const cut_words<Text>& old, std::size_t i, Text& made) {
            for (std::size_t at = old.words[i].begin; at < old.words[i].end; ++at)
                made.append(char32_t{byte_alphabet::characters[static_cast<unsigned char>(old.text.text[at])]},
                            old.text.origin({at, at + 1}));
        });
    }
};

/// Writes a sign for each space, and perhaps one before each word or the first one.
struct metaspace_step {
    enum class scheme { never, first, always };
    std::string sign;
    scheme prepend = scheme::always;

    template <class Text>
    void operator()(cut_words<Text>& cut) const {
        rewrite_words(cut, [this](const cut_words<Text>& old, std::size_t i, Text& made) {
            const text_span word = old.words[i];
            const bool wanted = prepend == scheme::always || (prepend == scheme::first && old.is_first(i));
            const bool there = old.word(i).starts_with(sign) || old.word(i).starts_with(' ');
            if (wanted && !there) made.append(sign, old.text.origin({word.begin, word.begin + 1}));
            for (std::size_t at = word.begin; at < word.end;) {
                const std::size_t space = std::min(old.text.text.find(' ', at), word.end);
                made.append(old.text, {at, space});
                if (space < word.end) made.append(sign, old.text.origin({space, space + 1}));
                at = space + 1;
            }
        });
    }
};

}  // namespace detail::tokenizing

/// A text cut into the words that are encoded one by one.
using cut_text = detail::tokenizing::cut_words<detail::tokenizing::plain_text>;

/// Cuts a text into the words that a tokenizer encodes one by one, as the "pre_tokenizer" of a tokenizer.json says.
/// Known: all that the library `tokenizers` 0.23 has (https://huggingface.co/docs/tokenizers/api/pre-tokenizers) but
/// UnicodeScripts.
class pre_tokenizer {
public:
    /// Leaves a text whole.
    pre_tokenizer() = default;

    /// Throws `aha::error` naming what is wrong or not supported.
    explicit pre_tokenizer(const detail::tokenizing::json_part& part) { add(part); }

    /// The words of `text` (UTF-8).
    cut_text operator()(std::string text) const;

    /// The words of `text`; `starts_text` says whether it is the beginning of what is tokenized. If `spell` is false
    /// and writing words in the byte alphabet is what comes last, that is left to the caller.
    template <class Text>
    detail::tokenizing::cut_words<Text> cut(Text text, bool starts_text, bool spell = true) const {
        detail::tokenizing::cut_words<Text> made{std::move(text), {}, starts_text};
        if (!made.text.text.empty()) made.words.push_back({0, made.text.text.size()});
        made.unspelled =
            !spell && !steps_.empty() && std::holds_alternative<detail::tokenizing::spell_step>(steps_.back());
        const std::size_t before = made.text.text.size();
        for (std::size_t i = 0; i + (made.unspelled ? 1 : 0) < steps_.size(); ++i) {
            std::visit([&](const auto& s) { s(made); }, steps_[i]);
            detail::tokenizing::check_growth(before, made.text.text.size());
        }
        return made;
    }

    /// Whether it looks at where a text came from.
    bool looks_at_origins() const;

private:
    using step =
        std::variant<detail::tokenizing::split_step, detail::tokenizing::length_step, detail::tokenizing::space_step,
                     detail::tokenizing::spell_step, detail::tokenizing::metaspace_step>;
    using behavior = detail::tokenizing::match_behavior;
    using characters = detail::tokenizing::one_character;

    void add(const detail::tokenizing::json_part& part);

    void add_split(std::variant<regex, characters> pattern, behavior how, bool invert = false);

    /// The one character that a text must be.
    static characters one(const detail::tokenizing::json_part& part);

    /// Older files say add_prefix_space in place of prepend_scheme.
    void add_metaspace(const detail::tokenizing::json_part& part);

    std::vector<step> steps_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/pre_tokenizer.ipp>
#endif
