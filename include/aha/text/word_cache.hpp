#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/token_id.hpp>

/// Most words of a text were in it before. A tokenizer remembers what became of short ones.
namespace aha::detail::tokenizing {

/// The tokens of short words, in a bounded table (2 MiB) where a new word may push out an old one.
class word_cache {
public:
    static constexpr std::size_t longest_word = 23;  ///< bytes
    static constexpr std::size_t most_tokens = 7;    ///< of a word

    /// A word and its tokens, in one line of the processor's cache. They cover the word without a gap.
    struct entry {
        std::array<std::uint64_t, 3> key{};            // the bytes, and in the last one how many
        std::uint8_t count = 0;                        // of tokens; 0 where there is no word
        std::array<std::uint8_t, most_tokens> ends{};  // where in the word each token ends
        std::array<std::int32_t, most_tokens + 1> ids{};

        /// Calls `emit(id, begin, end)` for each token.
        template <class Emit>
        void replay(Emit&& emit) const {
            std::size_t begin = 0;
            for (std::size_t i = 0; i < count; ++i) {
                emit(token_id{ids[i]}, begin, std::size_t{ends[i]});
                begin = ends[i];
            }
        }
    };

    /// The place of `word` (of 1 to `longest_word` bytes): what is there has its key or is to be replaced.
    entry& place_of(std::string_view word, std::array<std::uint64_t, 3>& key) {
        key = key_of(word);
        std::uint64_t hash = (key[0] ^ key[2]) * 0x9E3779B97F4A7C15U;
        hash = (hash ^ (hash >> 32) ^ key[1]) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 29;
        return entries_[hash & (entries_.size() - 1)];
    }

    /// Takes `made` in; more room is made while words are new.
    void keep(entry& place, const entry& made) {
        place = made;
        if (++kept_ <= entries_.size() || entries_.size() >= most_entries) return;
        std::vector<entry> old(entries_.size() * 4);
        std::swap(old, entries_);
        for (const entry& next : old)
            if (next.count > 0) {
                std::array<std::uint64_t, 3> key = next.key;
                entry& home = place_of({reinterpret_cast<const char*>(next.key.data()), next.key[2] >> 56}, key);
                home = next;
            }
        kept_ = 0;
    }

private:
    static constexpr std::size_t most_entries = 1U << 15;

    static std::array<std::uint64_t, 3> key_of(std::string_view word) {
        std::array<std::uint64_t, 3> key{};
        std::memcpy(key.data(), word.data(), word.size());
        key[2] |= std::uint64_t{word.size()} << 56;
        return key;
    }

    std::vector<entry> entries_ = std::vector<entry>(512);
    std::size_t kept_ = 0;
};

/// Caches that threads borrow, one at a time each, so that a tokenizer may be used by several.
class word_caches {
public:
    /// A cache for as long as this lives.
    class loan {
    public:
        explicit loan(word_caches& lender) : lender_{lender}, cache_{lender.take()} {}
        ~loan() { lender_.put_back(std::move(cache_)); }
        loan(const loan&) = delete;
        loan& operator=(const loan&) = delete;
        word_cache& operator*() const { return *cache_; }

    private:
        word_caches& lender_;
        std::unique_ptr<word_cache> cache_;
    };

private:
    std::unique_ptr<word_cache> take() {
        const std::lock_guard lock{mutex_};
        if (free_.empty()) {
            free_.reserve(++made_);  // so that putting back cannot fail
            return std::make_unique<word_cache>();
        }
        auto taken = std::move(free_.back());
        free_.pop_back();
        return taken;
    }
    void put_back(std::unique_ptr<word_cache> cache) {
        const std::lock_guard lock{mutex_};
        free_.push_back(std::move(cache));
    }

    std::mutex mutex_;
    std::vector<std::unique_ptr<word_cache>> free_;
    std::size_t made_ = 0;
};

}  // namespace aha::detail::tokenizing
