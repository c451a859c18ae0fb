#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <aha/core/state_values.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha {

/// How examples become rows.
struct example_rows_options {
    std::int64_t row_tokens = 2048;  ///< most tokens of a row; a longer example is an error
    bool pack = false;               ///< several examples a row, best fit; otherwise a row is one example
    std::int64_t window = 4096;      ///< examples that are packed together, in the order of the epoch
    bool shuffle = true;             ///< a new order each epoch; false: as given
    std::uint64_t seed = 0;          ///< of the orders
    std::int64_t epochs = 1;         ///< times through

    void validate() const;
};

/// Puts items into as few rows of `capacity` as best fit decreasing finds (Johnson 1973: at most 11/9 of the fewest):
/// longest first, each into the fullest row that has room. Items of a row keep their order.
/// @param lengths of the items, each in [0, capacity]; throws `aha::error` for a longer one
/// @return the items of each row, by their places in `lengths`
std::vector<std::vector<std::size_t>> best_fit_rows(std::span<const std::int64_t> lengths, std::int64_t capacity);

/// Supervised examples in rows, epoch after epoch; a place in them is two numbers, so that a run goes on where it was.
/// Each epoch is shuffled and packed anew, from the seed and the epoch's number alone. A batch ends with its epoch.
class example_rows {
public:
    using row = std::vector<const supervised_example*>;  ///< examples that are learned side by side

    /// Throws `aha::error` if there are no examples, or one learns nothing or is longer than a row.
    explicit example_rows(std::vector<supervised_example> examples, const example_rows_options& options = {});

    /// How many examples there are.
    std::size_t size() const { return examples_.size(); }
    /// All of them, in the file's order.
    const std::vector<supervised_example>& examples() const { return examples_; }
    std::int64_t epoch() const { return epoch_; }  ///< counted from 0

    /// Epochs done, with the fraction of the one under way.
    double epochs_done() const;

    /// The next `count` rows, fewer at the end of an epoch, none after the last one.
    std::vector<row> next(std::int64_t count);

    /// How many batches of `count` rows all epochs have.
    std::int64_t batches(std::int64_t count) const { return batches_from(0, 0, count); }

    /// How many batches of `count` rows `next` will still give.
    std::int64_t batches_left(std::int64_t count) const;

    state_values save() const;

    /// Goes to a saved place, from which batches of any size go on. Throws `aha::error` if that is a place in other
    /// examples, in another order or packing, or beyond the last epoch.
    void load(const state_values& saved);

private:
    /// Batches of `count` rows from a row of an epoch to the end.
    std::int64_t batches_from(std::int64_t epoch, std::int64_t first, std::int64_t count) const;

    /// @param purpose tells an epoch's shuffles apart
    template <class T>
    void shuffle(std::vector<T>& items, std::int64_t epoch, std::uint64_t purpose) const {
        if (options_.shuffle)
            detail::shuffle(items, {options_.seed, static_cast<std::uint64_t>(epoch), detail::order_stream, purpose});
    }

    /// The rows of an epoch, in its order.
    std::vector<std::vector<std::size_t>> deal(std::int64_t epoch) const;

    std::vector<supervised_example> examples_;
    example_rows_options options_;
    std::uint64_t data_ = 0;                      // a checksum of the examples
    std::vector<std::vector<std::size_t>> rows_;  // of this epoch
    std::int64_t epoch_ = 0;
    std::size_t position_ = 0;  // rows of this epoch that have been given
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/data/example_rows.ipp>
#endif
