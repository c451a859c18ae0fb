#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/text/decoding_steps.hpp>
#include <aha/text/json_part.hpp>

namespace aha {

/// Puts tokens together to a text, as the "decoder" of a tokenizer.json says. Known: ByteLevel, ByteFallback, Fuse,
/// Strip, Replace, Metaspace, WordPiece, BPEDecoder, CTC, Sequence, and none, which puts a blank between tokens.
class token_decoder {
    struct step;

public:
    /// Puts a blank between tokens.
    token_decoder();

    /// Throws `aha::error` naming what is wrong or not supported.
    explicit token_decoder(const detail::tokenizing::json_part& part);

    /// True if tokens are spelt in the byte alphabet.
    bool spells_bytes() const;

    /// What a token that is spelt `token` is put into a stream as: the bytes that it spells if tokens are spelt in the
    /// byte alphabet, else itself.
    std::string spelling(std::string_view token) const;

    /// The text of tokens as they come. What it gives, put together, is the text of all; the decoder must outlive it.
    class stream {
    public:
        /// A text that has not begun.
        explicit stream(const token_decoder& decoder) : steps_{&decoder.steps_}, states_(decoder.steps_.size()) {}

        /// Takes the next token's `spelling`.
        void push(std::string_view spelling) { give(0, spelling, true); }

        /// After the last token; the stream is as new once the text is taken.
        void finish();

        /// The text that is complete and was not taken before: whole characters.
        std::string take() { return std::exchange(text_, {}); }

    private:
        struct state {
            detail::tokenizing::decoding_state own{};
            std::string gathered{};  // the one token, if the step needs it whole
            bool gathers = false;
        };

        void give(std::size_t i, std::string_view part, bool begins);

        const std::vector<step>* steps_;
        std::vector<state> states_;
        std::string text_;
    };

    /// The bytes that a token adds to a text behind another: for a token that is one byte this byte.
    std::string bytes_of(std::string_view spelling) const;

private:
    struct step {
        std::variant<detail::tokenizing::join_with_spaces, detail::tokenizing::decode_byte_level,
                     detail::tokenizing::decode_byte_fallback, detail::tokenizing::decode_fuse,
                     detail::tokenizing::decode_strip, detail::tokenizing::decode_replace,
                     detail::tokenizing::decode_metaspace, detail::tokenizing::decode_word_piece,
                     detail::tokenizing::decode_word_end, detail::tokenizing::decode_ctc>
            what;
        bool gathers = false;  // needs the one token whole that all have become
    };

    std::string text_of(std::initializer_list<std::string_view> spellings) const;

    void add(const detail::tokenizing::json_part& part);

    static std::string character(const detail::tokenizing::json_part& part);

    static std::size_t count(const detail::tokenizing::json_part& part);

    static detail::tokenizing::decode_metaspace metaspace(const detail::tokenizing::json_part& part);

    std::vector<step> steps_;
    std::string a_, b_;   // the texts of two tokens alone
    bool fused_ = false;  // all tokens have become one
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/token_decoder.ipp>
#endif
