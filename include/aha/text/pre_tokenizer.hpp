#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>
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
    cut_text operator()(std::string text) const { return cut(detail::tokenizing::plain_text{std::move(text)}, true); }

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
    bool looks_at_origins() const {
        return std::ranges::any_of(steps_, [](const step& next) {
            const auto* const sign = std::get_if<detail::tokenizing::metaspace_step>(&next);
            return sign != nullptr && sign->prepend == detail::tokenizing::metaspace_step::scheme::first;
        });
    }

private:
    using step =
        std::variant<detail::tokenizing::split_step, detail::tokenizing::length_step, detail::tokenizing::space_step,
                     detail::tokenizing::spell_step, detail::tokenizing::metaspace_step>;
    using behavior = detail::tokenizing::match_behavior;
    using characters = detail::tokenizing::one_character;

    void add(const detail::tokenizing::json_part& part) {
        namespace steps = detail::tokenizing;
        const std::string& type = part.at("type").text();
        // The patterns are those of the Rust library, in PCRE2's words (\s there is Unicode's White_Space).
        if (type == "Sequence") {
            const auto list = part.at("pretokenizers");
            for (std::size_t i = 0; i < list.size(); ++i) add(list.item(i));
        } else if (type == "ByteLevel") {
            if (part.flag("add_prefix_space", true)) steps_.emplace_back(steps::space_step{});
            if (part.flag("use_regex", true))
                add_split(regex{"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+|"
                                "\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+"},
                          behavior::isolated);
            steps_.emplace_back(steps::spell_step{});
        } else if (type == "Split") {
            add_split(steps::pattern_of(part.at("pattern")), steps::read_behavior(part.at("behavior")),
                      part.flag("invert", false));
        } else if (type == "Digits") {
            add_split(characters{characters::kind::number},
                      part.flag("individual_digits", false) ? behavior::isolated : behavior::contiguous);
        } else if (type == "WhitespaceSplit") {
            add_split(characters{characters::kind::white_space}, behavior::removed);
        } else if (type == "Whitespace") {
            const std::string word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200C}\\x{200D}";
            add_split(regex{"[" + word + "]+|[^" + word + "\\p{White_Space}]+"}, behavior::removed, true);
        } else if (type == "Punctuation") {
            const auto how = part.find("behavior");
            add_split(characters{characters::kind::punctuation}, how ? steps::read_behavior(*how) : behavior::isolated);
        } else if (type == "BertPreTokenizer") {
            add_split(characters{characters::kind::white_space}, behavior::removed);
            add_split(characters{characters::kind::punctuation}, behavior::isolated);
        } else if (type == "CharDelimiterSplit") {
            add_split(one(part.at("delimiter")), behavior::removed);
        } else if (type == "FixedLength") {
            const auto length = part.find("length");
            const token_id count = length ? length->id() : 5;
            require(count > 0, part.place(), ".length is 0: a word has at least one character");
            steps_.emplace_back(steps::length_step{static_cast<std::size_t>(count)});
        } else if (type == "Metaspace") {
            add_metaspace(part);
        } else {
            fail(part.place(), ": the pre-tokenizer ", steps::shown(type),
                 " is not supported (only ByteLevel, Split, Digits, Whitespace, WhitespaceSplit, Punctuation, "
                 "BertPreTokenizer, CharDelimiterSplit, FixedLength, Metaspace and Sequence)");
        }
    }

    void add_split(std::variant<regex, characters> pattern, behavior how, bool invert = false) {
        steps_.emplace_back(detail::tokenizing::split_step{{std::move(pattern), how, invert}});
    }

    /// The one character that a text must be.
    static characters one(const detail::tokenizing::json_part& part) {
        const utf8::unit first = utf8::unit_at(part.text(), 0);
        require(first.size > 0 && first.size == part.text().size(), part.place(), " is ",
                detail::tokenizing::shown(part.text()), ", not one character");
        return characters{characters::kind::one, first.code};
    }

    /// Older files say add_prefix_space in place of prepend_scheme.
    void add_metaspace(const detail::tokenizing::json_part& part) {
        using scheme = detail::tokenizing::metaspace_step::scheme;
        const auto sign = one(part.at("replacement"));
        scheme prepend = scheme::always;
        const auto named = part.find("prepend_scheme");
        if (named) {
            const std::string& name = named->text();
            require(name == "always" || name == "first" || name == "never", named->place(), " is ",
                    detail::tokenizing::shown(name), ", not always, first or never");
            prepend = name == "always" ? scheme::always : name == "first" ? scheme::first : scheme::never;
        }
        if (!part.flag("add_prefix_space", true)) {
            require(!named || prepend == scheme::never, part.place(),
                    ".add_prefix_space is false, but prepend_scheme is not \"never\"");
            prepend = scheme::never;
        }
        steps_.emplace_back(detail::tokenizing::metaspace_step{utf8::encode(sign.code), prepend});
        if (part.flag("split", true)) add_split(sign, behavior::merged_with_next);
    }

    std::vector<step> steps_;
};

}  // namespace aha
