#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aha/files/utf8.hpp>
#include <aha/text/byte_alphabet.hpp>
#include <aha/text/regex.hpp>

/// The steps from the spelling of tokens to their text, as the decoders of the library `tokenizers` 0.23.3 take them. A
/// step takes tokens one by one and passes tokens on: `take(state, part, begins, next)` has a part of a token, which
/// begins a new one if `begins`, and calls `next(part, begins)`; `finish(state, next)` comes after the last token. A
/// token comes in one part, except behind a step that makes one token of all.
namespace aha::detail::tokenizing {

/// What a step remembers of the tokens so far.
struct decoding_state {
    std::string held{};      ///< what waits for more
    std::size_t tokens = 0;  ///< how many have begun
    std::size_t count = 0;   ///< the step's own
};

void check_decoded(std::size_t size);

/// `text` with `to` for each `from`; an empty `from` is found before each character and at the end.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

/// Takes out the blanks that tokens bring before English signs and contractions.
std::string clean_up(std::string text);

/// No decoder: a blank between tokens.
struct join_with_spaces {
    template <class Next>
    void take(decoding_state& state, std::string_view part, bool, Next&& next) const {
        next(state.tokens++ == 0 ? std::string{part} : ' ' + std::string{part}, true);
    }
    template <class Next>
    void finish(decoding_state&, Next&&) const {}
};

/// Tokens are spelt in the byte alphabet; what has another character is itself. All bytes become one token, with
/// U+FFFD for what is no UTF-8. A part ends between characters.
struct decode_byte_level {
    bool takes_bytes = false;  ///< true if tokens come as the bytes that they spell

    /// The bytes that a token stands for.
    static std::string bytes_of(std::string_view token);

    template <class Next>
    void take(decoding_state& state, std::string_view part, bool, Next&& next) const {
        const std::string spelt = takes_bytes ? std::string{} : bytes_of(part);
        const std::string_view bytes = takes_bytes ? part : std::string_view{spelt};
        if (state.held.empty() && ends_whole(bytes)) return give(state, bytes, next);
        state.held.append(bytes);
        const std::string whole = std::exchange(state.held, {});
        const std::size_t end = whole.size() - unfinished(whole);
        state.held = whole.substr(end);
        give(state, std::string_view{whole}.substr(0, end), next);
    }
    template <class Next>
    void finish(decoding_state& state, Next&& next) const {
        if (!state.held.empty()) give(state, std::exchange(state.held, {}), next);
    }

private:
    static bool ends_whole(std::string_view bytes);

    /// How many bytes at the end begin a character that is not complete.
    static std::size_t unfinished(std::string_view bytes);

    template <class Next>
    void give(decoding_state& state, std::string_view bytes, Next&& next) const {
        const bool begins = state.tokens++ == 0;
        if (utf8::is_valid(bytes)) next(bytes, begins);
        else next(utf8::replace_invalid(bytes), begins);
    }
};

/// Tokens "<0x41>" are bytes; a run of them becomes one token if it is UTF-8, else a U+FFFD for each byte.
struct decode_byte_fallback {
    /// The byte that a token spells.
    static std::optional<char> byte_of(std::string_view token);

    template <class Next>
    void take(decoding_state& state, std::string_view part, bool, Next&& next) const {
        if (const auto byte = byte_of(part)) {
            state.held += *byte;
            return;
        }
        finish(state, next);
        next(part, true);
    }
    template <class Next>
    void finish(decoding_state& state, Next&& next) const {
        const std::string bytes = std::exchange(state.held, {});
        if (bytes.empty()) return;
        if (utf8::is_valid(bytes)) return next(bytes, true);
        for (std::size_t i = 0; i < bytes.size(); ++i) next(utf8::replacement, true);
    }
};

/// All tokens become one.
struct decode_fuse {
    template <class Next>
    void take(decoding_state& state, std::string_view part, bool, Next&& next) const {
        next(part, state.tokens++ == 0);
    }
    template <class Next>
    void finish(decoding_state&, Next&&) const {}
};

/// Takes up to `start` characters `content` from the beginning of each token and up to `stop` from its end.
struct decode_strip {
    std::string content{};  ///< one character
    std::size_t start = 0, stop = 0;

    template <class Next>
    void take(decoding_state& state, std::string_view part, bool begins, Next&& next) const {
        if (begins) state = {};
        std::string result;
        // `tokens` counts what is cut from the beginning, `count` is past the beginning, `held` waits for the end.
        for (std::size_t at = 0; at < part.size();) {
            const std::string_view character = part.substr(at, utf8::unit_at(part, at).size);
            at += character.size();
            if (character == content && state.count == 0 && state.tokens < start) {
                ++state.tokens;
                continue;
            }
            state.count = 1;
            if (character == content && state.held.size() < stop * content.size()) {
                state.held += character;
            } else if (character == content) {
                result += character;
            } else {
                result += std::exchange(state.held, {});
                result += character;
            }
        }
        if (begins || !result.empty()) next(result, begins);
    }
    template <class Next>
    void finish(decoding_state&, Next&&) const {}
};

/// Puts `content` for each match of a pattern in each token.
struct decode_replace {
    std::optional<regex> pattern{};  ///< nothing if `text` is looked for
    std::string text{}, content{};

    /// True if a match cannot span parts.
    bool by_character() const;

    template <class Next>
    void take(decoding_state&, std::string_view part, bool begins, Next&& next) const {
        if (part.empty()) return next(part, begins);  // not even an empty match
        if (!pattern) {
            if (part.find(text) == std::string_view::npos) return next(part, begins);
            return next(replace_all(part, text, content), begins);
        }
        std::string result;
        std::size_t end = 0;
        for (const text_span match : pattern->matches(part)) {
            result.append(part.substr(end, match.begin - end)).append(content);
            check_decoded(result.size());
            end = match.end;
        }
        next(result.append(part.substr(end)), begins);
    }
    template <class Next>
    void finish(decoding_state&, Next&&) const {}
};

/// A blank for each `replacement`; in the first token nothing, if there was one put before the text.
struct decode_metaspace {
    std::string replacement{};  ///< one character
    bool prepended = true;

    template <class Next>
    void take(decoding_state& state, std::string_view part, bool begins, Next&& next) const {
        state.tokens += begins ? 1 : 0;
        next(replace_all(part, replacement, prepended && state.tokens == 1 ? "" : " "), begins);
    }
    template <class Next>
    void finish(decoding_state&, Next&&) const {}
};

/// Takes the prefix from tokens that go on with a word, and puts a blank before the others.
struct decode_word_piece {
    std::string prefix{};
    bool cleanup = true;

    template <class Next>
    void take(decoding_state& state, std::string_view part, bool, Next&& next) const {
        std::string text{part};
        if (state.tokens++ > 0) {
            if (part.starts_with(prefix)) text.erase(0, prefix.size());
            else text.insert(0, 1, ' ');
        }
        next(cleanup ? clean_up(std::move(text)) : text, true);
    }
    template <class Next>
    void finish(decoding_state&, Next&&) const {}
};

/// A blank for the suffix that ends a word, nothing in the last token.
struct decode_word_end {
    std::string suffix{};

    template <class Next>
    void take(decoding_state& state, std::string_view part, bool, Next&& next) const {
        // Only a token with the suffix must wait to see whether it is the last.
        if (state.count != 0) next(replace_all(std::exchange(state.held, {}), suffix, " "), true);
        state.count = part.find(suffix) == std::string_view::npos ? 0 : 1;
        if (state.count != 0) state.held = part;
        else next(part, true);
    }
    template <class Next>
    void finish(decoding_state& state, Next&& next) const {
        if (state.count != 0) next(replace_all(std::exchange(state.held, {}), suffix, ""), true);
        state.count = 0;
    }
};

/// The output of a model that says each token several times (connectionist temporal classification).
struct decode_ctc {
    std::string pad{}, word_delimiter{};
    bool cleanup = true;

    template <class Next>
    void take(decoding_state& state, std::string_view part, bool, Next&& next) const {
        if (state.tokens++ > 0 && state.held == part) return;
        state.held = part;
        std::string text = replace_all(part, pad, "");
        if (cleanup) text = replace_all(clean_up(std::move(text)), word_delimiter, " ");
        if (!text.empty()) next(text, true);
    }
    template <class Next>
    void finish(decoding_state&, Next&&) const {}
};

}  // namespace aha::detail::tokenizing

#ifndef AHA_COMPILED
#include <aha/text/decoding_steps.ipp>
#endif
