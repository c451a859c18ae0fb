#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>
#include <aha/rollout/sampling_options.hpp>

namespace aha::detail {

/// What ends a completion: the tokenizer's end tokens, the options' stop strings, its budget of tokens.
class completion_end {
public:
    completion_end() = default;

    /// Throws `aha::error` for a stop string that could never be found.
    template <class Tokenizer>
    completion_end(const Tokenizer& tokenizer, const sampling_options& options) {
        const auto ends = tokenizer.end_ids();
        ids_.assign(ends.begin(), ends.end());
        end_tokens_ = ids_.size();
        for (const std::string& stop : options.stop)
            if (const auto id = special_token(tokenizer, stop)) ids_.push_back(*id);
    }

    /// The tokens that end a completion: end tokens, and stop strings that are special tokens.
    const std::vector<token_id>& ids() const { return ids_; }

    /// Whether the completion's last token ended it; `finish` then says how.
    /// @param room tokens that it may have
    template <class Tokenizer>
    bool reached(completion& c, std::int64_t room, const Tokenizer& tokenizer, const sampling_options& options) const {
        const auto found = static_cast<std::size_t>(std::find(ids_.begin(), ids_.end(), c.ids.back()) - ids_.begin());
        if (found < end_tokens_) {
            c.finish = finish_reason::end_token;
            return true;
        }
        if (found < ids_.size() || stopped(c, tokenizer, options)) {
            c.finish = finish_reason::stop_string;
            return true;
        }
        c.finish = finish_reason::length;
        return std::ssize(c.ids) >= room;
    }

    /// The text of a completion that ended: up to the stop string that ended it, with or without it as the options say.
    /// A last token may hold more than the string.
    template <class Tokenizer>
    std::string text_of(const completion& c, const Tokenizer& tokenizer, const sampling_options& options) const {
        std::string text{tokenizer.decode(c.ids)};
        if (c.finish != finish_reason::stop_string) return text;
        std::size_t first = std::string::npos, end = 0;
        for (const std::string& stop : options.stop)
            if (const std::size_t at = text.find(stop); at < first) first = at, end = at + stop.size();
        if (first != std::string::npos) text.resize(options.include_stop_string ? end : first);
        return text;
    }

private:
    /// The special token that the stop string is. Decoded text has none, so one inside a longer string is an error: it
    /// would never be found.
    template <class Tokenizer>
    static std::optional<token_id> special_token(const Tokenizer& tokenizer, const std::string& stop) {
        const std::vector<token_id> ids = tokenizer.encode(stop);
        if constexpr (requires { tokenizer.decode(ids, false); }) {
            if (ids.empty() || tokenizer.decode(ids, false) == tokenizer.decode(ids)) return std::nullopt;
            require(
                ids.size() == 1, "the stop string \"", stop,
                "\" holds a special token, which the text of a completion does not: give the token alone, or a text "
                "without it");
            return ids.front();
        } else {
            return std::nullopt;
        }
    }

    /// Whether the last token completed a stop string. A token with text is at least a byte, so a short tail is enough
    /// to look at; special tokens have none.
    template <class Tokenizer>
    static bool stopped(const completion& c, const Tokenizer& tokenizer, const sampling_options& options) {
        if (options.stop.empty()) return false;
        std::size_t longest = 0;
        for (const std::string& s : options.stop) longest = std::max(longest, s.size());
        std::size_t n = 0;
        for (std::size_t with_text = 0; n < c.ids.size() && with_text < longest + 4;)  // 4: a character may be cut
            if (!tokenizer.decode(std::span{c.ids}.last(++n).first(1)).empty()) ++with_text;
        const std::string tail = tokenizer.decode(std::span{c.ids}.last(n));
        return std::any_of(options.stop.begin(), options.stop.end(),
                           [&](const std::string& s) { return tail.find(s) != std::string::npos; });
    }

    std::vector<token_id> ids_;
    std::size_t end_tokens_ = 0;  // the first so many of ids_ are the tokenizer's end tokens
};

}  // namespace aha::detail
