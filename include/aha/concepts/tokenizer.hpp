#pragma once

#include <concepts>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aha/concepts/result.hpp>
#include <aha/core/token_id.hpp>

/// A tokenizer turns text into the ids that a model reads, and ids into text.
///
/// 1. `encode(text) const` gives the ids of `text`, special tokens written in it included; it adds none of its own.
/// 2. `decode(ids) const` gives the text of `ids`; special tokens (end of text, turn marks) leave no trace in it.
/// 3. `end_ids() const` gives the ids that end a completion: a forward range of `token_id`, possibly empty.
/// 4. `vocabulary_size() const` gives one more than the largest id.
///
/// Not required: that decoding undoes encoding on every text; padding or unknown tokens; templates; cheap copies
/// (samplers and trainers keep one, so it can be moved).
namespace aha {

/// `encode(std::string_view) const` gives ids.
template <class T>
concept tokenizer_encodes = requires(const T& t, std::string_view text) {
    { t.encode(text) } -> detail::yields<std::vector<token_id>>;
};

/// `decode(std::span<const token_id>) const` gives text.
template <class T>
concept tokenizer_decodes = requires(const T& t, std::span<const token_id> ids) {
    { t.decode(ids) } -> detail::yields<std::string>;
};

/// `end_ids() const` gives a range of ids.
template <class T>
concept tokenizer_has_end_ids = requires(const T& t) {
    { t.end_ids() } -> std::ranges::forward_range;
    requires std::same_as<std::ranges::range_value_t<decltype(t.end_ids())>, token_id>;
};

/// `vocabulary_size() const` gives an integer.
template <class T>
concept tokenizer_has_vocabulary_size = requires(const T& t) {
    { t.vocabulary_size() } -> detail::yields_integer;
};

/// Text to ids and back.
template <class T>
concept tokenizer =
    tokenizer_encodes<T> && tokenizer_decodes<T> && tokenizer_has_end_ids<T> && tokenizer_has_vocabulary_size<T>;

/// True, or a compile-time error that says what to write.
template <class T>
consteval bool require_tokenizer() {
    static_assert(tokenizer_encodes<T>,
                  "aha: a tokenizer turns text into ids; write: "
                  "std::vector<aha::token_id> encode(std::string_view text) const;");
    static_assert(tokenizer_decodes<T>,
                  "aha: a tokenizer turns ids into text, skipping special tokens; write: "
                  "std::string decode(std::span<const aha::token_id> ids) const;");
    static_assert(tokenizer_has_end_ids<T>,
                  "aha: a tokenizer lists the ids that end a completion; write: "
                  "std::vector<aha::token_id> end_ids() const;");
    static_assert(tokenizer_has_vocabulary_size<T>,
                  "aha: a tokenizer knows how many ids there are; write: std::int64_t vocabulary_size() const;");
    return true;
}

}  // namespace aha
