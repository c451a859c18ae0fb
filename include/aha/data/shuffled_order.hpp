#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/random.hpp>
#include <aha/core/state_values.hpp>

namespace aha::detail {

/// The part of a random key that says "the order of a data set": larger than any `prompt::index`, so that no sampler's
/// stream is the same one.
inline constexpr std::uint64_t order_stream = std::uint64_t{1} << 63;

/// A checksum that grows with what is put in: FNV-1a, 64 bits (Fowler, Noll and Vo; RFC 9923). For telling data sets
/// apart, not against forgers.
class fingerprint {
public:
    void add(std::string_view text);
    std::uint64_t value() const { return hash_; }

private:
    void add_byte(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3ULL; }
    std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

/// Puts items into an order drawn from `key`: Fisher and Yates' shuffle in Durstenfeld's form (1964).
template <class T>
void shuffle(std::vector<T>& items, const random_key& key) {
    const random_stream random{key};
    for (std::size_t left = items.size(); left > 1; --left)
        std::swap(items[left - 1], items[random.below(items.size() - left, left)]);
}

/// A whole number out of a saved state; throws `aha::error` that begins with `whose` if it is missing or no such
/// number.
std::int64_t saved_number(const state_values& saved, const std::string& key, std::string_view whose);

/// Throws `aha::error` if a saved place is in the order of another seed.
void require_saved_seed(const state_values& saved, std::uint64_t seed, std::string_view whose);

/// The order in which the rows of a data set are asked, epoch after epoch, and the place in it. The order of an epoch
/// derives from the seed and the epoch alone, so that a place is two numbers.
class shuffled_order {
public:
    struct options {
        bool shuffle = true;
        std::uint64_t seed = 0;
        std::int64_t epochs = 0;  ///< 0: for ever
    };

    /// Where a prompt comes from.
    struct place {
        std::size_t row = 0;
        std::int64_t index = 0;  ///< row + epoch * size: the same only if the row and the epoch are
    };

    /// @param whose what messages call the data set: its file, mostly
    /// @param size rows
    /// @param data a checksum of the rows, so that a place is not taken for one in other data
    shuffled_order(std::string whose, std::size_t size, std::uint64_t data, options chosen);

    std::size_t size() const { return rows_.size(); }
    const std::string& whose() const { return whose_; }

    /// The next row, or nothing after the last epoch.
    std::optional<place> next();

    /// The next rows of one epoch, `most` or what is left of it: a batch ends with its epoch. None after the last.
    std::vector<std::size_t> next_batch(std::int64_t most);
    /// How many batches of `most` rows are left, of which the last of an epoch may be smaller.
    std::int64_t batches_left(std::int64_t most) const;
    /// Epochs gone by, with the share of this one.
    double epochs_done() const;

    state_values save() const;

    /// Goes to a saved place. Throws `aha::error`, and stays where it is, if that is a place in other data or in
    /// another order.
    void load(const state_values& saved);

private:
    /// Puts the rows into the order of this epoch.
    void deal();

    std::string whose_;
    std::uint64_t data_;
    options options_;
    std::vector<std::size_t> rows_;  // of this epoch, in its order
    std::int64_t epoch_ = 0;
    std::size_t position_ = 0;  // rows of this epoch that have been asked
};

}  // namespace aha::detail

#ifndef AHA_COMPILED
#include <aha/data/shuffled_order.ipp>
#endif
