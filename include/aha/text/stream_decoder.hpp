#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/concepts/tokenizer.hpp>
#include <aha/core/token_id.hpp>

namespace aha {

/// Decodes tokens as they come. What `push` gives, put together with what `finish` gives, is what decoding all tokens
/// at once gives, and is never cut inside a character: a token that ends with half of one waits for the next. A U+FFFD
/// at the end might still become a character, so it waits too.
/// @tparam Tokenizer a `tokenizer`. If it has `decoding()`, whose `push(id)` and `finish()` give text, as
/// `bpe_tokenizer` has, that is used; else its decoding may look at the token before (a space between words), not
/// further back. It must outlive the decoder.
template <tokenizer Tokenizer>
class stream_decoder {
public:
    /// Decodes with `t`, which must live as long.
    explicit stream_decoder(const Tokenizer& t) : tokenizer_{&t} {}
    explicit stream_decoder(const Tokenizer&&) = delete;

    /// Takes the next token; gives the text that is complete with it and was not given before.
    std::string push(token_id id) {
        const std::size_t before = window_.size();
        window_.push_back(id);
        const std::string text = tokenizer_->decode(window_);
        const bool complete = !text.ends_with(unknown);
        const std::size_t ready = complete ? text.size() : text.size() - unknown.size();
        const std::string piece = ready > given_ ? text.substr(given_, ready - given_) : std::string{};
        given_ += piece.size();
        if (complete && !piece.empty()) keep_from(start_);
        else if (!complete && before >= longest_wait) forget_waiting(text);
        if (complete && !piece.empty()) start_ = window_.size();
        return piece;
    }

    /// The rest of the text, U+FFFD for half a character; the decoder is as new after it.
    std::string finish() {
        const std::string text = tokenizer_->decode(window_);
        std::string piece = text.size() > given_ ? text.substr(given_) : std::string{};
        window_.clear();
        given_ = start_ = 0;
        return piece;
    }

private:
    static constexpr std::string_view unknown = "\xEF\xBF\xBD";
    static constexpr std::size_t longest_wait = 16;

    /// The tokens before `first` are no longer needed: the text is complete both before them and at the end.
    void keep_from(std::size_t first) {
        if (first == 0) return;
        window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(first));
        given_ = std::string{tokenizer_->decode(window_)}.size();
    }

    /// In a long run of bytes that are no characters, keeps the last token only, if it provably begins anew: a part of
    /// a character that goes on with it would give one U+FFFD less together than apart.
    void forget_waiting(const std::string& text) {
        const std::vector<token_id> head{window_.begin(), window_.end() - 1}, tail{window_.back()};
        const std::string start = tokenizer_->decode(head), end = tokenizer_->decode(tail);
        if (end.empty() || start + end != text) return;
        window_ = tail;
        given_ -= start.size();
        start_ = 0;
    }

    const Tokenizer* tokenizer_;
    std::vector<token_id> window_;  // the tokens that the text not yet given depends on, and some before
    std::size_t start_ = 0;         // window_[start_] is the first token after the last complete text
    std::size_t given_ = 0;         // bytes of the window's text that were given
};

/// A tokenizer that decodes streams itself knows best what must wait.
template <tokenizer Tokenizer>
    requires requires(const Tokenizer& t, token_id id) {
        { t.decoding().push(id) } -> std::same_as<std::string>;
        { t.decoding().finish() } -> std::same_as<std::string>;
    }
class stream_decoder<Tokenizer> {
public:
    /// Decodes with `t`, which must live as long.
    explicit stream_decoder(const Tokenizer& t) : stream_{t.decoding()} {}
    explicit stream_decoder(const Tokenizer&&) = delete;

    /// Takes the next token; gives the text that is complete with it and was not given before.
    std::string push(token_id id) { return stream_.push(id); }

    /// The rest of the text, U+FFFD for half a character; the decoder is as new after it.
    std::string finish() { return stream_.finish(); }

private:
    decltype(std::declval<const Tokenizer&>().decoding()) stream_;
};

}  // namespace aha
