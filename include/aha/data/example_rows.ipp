#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/data/example_rows.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/random.hpp>
#include <aha/core/token_id.hpp>

namespace aha {

AHA_INLINE std::vector<std::vector<std::size_t>> best_fit_rows(std::span<const std::int64_t> lengths,
                                                               std::int64_t capacity) {
    std::vector<std::size_t> order(lengths.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return lengths[a] > lengths[b]; });
    std::vector<std::vector<std::size_t>> rows;
    std::multimap<std::int64_t, std::size_t> room;  // free tokens -> row; of equal ones the oldest comes first
    for (const std::size_t item : order) {
        require(lengths[item] >= 0 && lengths[item] <= capacity, "an item of ", lengths[item],
                " tokens does not fit a row of ", capacity);
        auto fullest = room.lower_bound(lengths[item]);
        if (fullest == room.end()) {
            fullest = room.emplace(capacity, rows.size());
            rows.emplace_back();
        }
        const auto [left, row] = *fullest;
        rows[row].push_back(item);
        room.erase(fullest);
        room.emplace(left - lengths[item], row);
    }
    for (std::vector<std::size_t>& row : rows) std::sort(row.begin(), row.end());
    return rows;
}

AHA_INLINE void example_rows_options::validate() const {
    require(row_tokens > 1, "row_tokens must be at least 2, not ", row_tokens);
    require(window > 0, "window must be positive, not ", window);
    require(epochs > 0, "epochs must be positive, not ", epochs);
}

AHA_INLINE example_rows::example_rows(std::vector<supervised_example> examples, const example_rows_options& options)
    : examples_{std::move(examples)}, options_{options} {
    options_.validate();
    require(!examples_.empty(), "there are no examples to learn from");
    detail::fingerprint sum;
    for (const supervised_example& example : examples_) {
        require(std::ssize(example.ids) <= options_.row_tokens, "example ", example.index, " has ", example.ids.size(),
                " tokens, more than the ", options_.row_tokens, " of a row");
        bool learns = false;
        for (const std::uint8_t one : example.loss_mask) learns = learns || one != 0;
        require(learns, "example ", example.index, " has no token to learn");
        sum.add(std::string{reinterpret_cast<const char*>(example.ids.data()), example.ids.size() * sizeof(token_id)});
        sum.add(std::string{reinterpret_cast<const char*>(example.loss_mask.data()), example.loss_mask.size()});
    }
    data_ = sum.value();
    rows_ = deal(0);
}

AHA_INLINE double example_rows::epochs_done() const {
    return static_cast<double>(epoch_) + static_cast<double>(position_) / static_cast<double>(rows_.size());
}

AHA_INLINE auto example_rows::next(std::int64_t count) -> std::vector<row> {
    require(count > 0, "a batch needs at least one row, not ", count);
    if (position_ == rows_.size() && epoch_ + 1 < options_.epochs) {
        rows_ = deal(++epoch_);
        position_ = 0;
    }
    std::vector<row> batch;
    for (; position_ < rows_.size() && std::ssize(batch) < count; ++position_) {
        batch.emplace_back();
        for (const std::size_t place : rows_[position_]) batch.back().push_back(&examples_[place]);
    }
    return batch;
}

AHA_INLINE std::int64_t example_rows::batches_left(std::int64_t count) const {
    return batches_from(epoch_, static_cast<std::int64_t>(position_), count);
}

AHA_INLINE state_values example_rows::save() const {
    state_values s;
    s.values = {{"epoch", epoch_},       {"position", position_},     {"size", examples_.size()},
                {"fingerprint", data_},  {"seed", options_.seed},     {"shuffle", options_.shuffle},
                {"pack", options_.pack}, {"window", options_.window}, {"row_tokens", options_.row_tokens}};
    return s;
}

AHA_INLINE void example_rows::load(const state_values& saved) {
    const std::string whose = "the examples";
    const auto data = static_cast<std::uint64_t>(detail::saved_number(saved, "fingerprint", whose));
    const std::size_t size = saved.values.value("size", examples_.size());
    require(size == examples_.size(), "the saved place is in other examples: ", size, " of them, but these are ",
            examples_.size());
    require(data == data_, "the saved place is in other examples: as many as these ", size,
            ", but not the same (their checksum is ", data, ", not ", data_, ")");
    detail::require_saved_seed(saved, options_.seed, whose);
    // A state of an earlier version does not say how its rows were made.
    require(saved.values.value("shuffle", options_.shuffle) == options_.shuffle, "the saved place in ", whose,
            " is in ",
            options_.shuffle ? "their own order, not in a shuffled one" : "a shuffled order, not in their own");
    require(saved.values.value("pack", options_.pack) == options_.pack, "the saved place in ", whose, " is in ",
            options_.pack ? "rows of one example, not in packed ones" : "packed rows, not in rows of one example");
    for (const auto& [name, mine] : {std::pair{"row_tokens", options_.row_tokens}, {"window", options_.window}}) {
        const std::int64_t its = options_.pack ? saved.values.value(name, mine) : mine;
        require(its == mine, "the saved place in ", whose, " is in rows packed with ", name, " ", its, ", not ", mine);
    }
    const auto epoch = detail::saved_number(saved, "epoch", whose),
               position = detail::saved_number(saved, "position", whose);
    require(epoch >= 0 && position >= 0, "the saved place in ", whose, ", row ", position, " of epoch ", epoch,
            ", cannot be");
    require(epoch < options_.epochs, "the saved place in ", whose, " is in epoch ", epoch + 1, ", but there are to be ",
            options_.epochs, " epochs");
    std::vector<std::vector<std::size_t>> rows = deal(epoch);
    require(position <= std::ssize(rows), "the saved place in ", whose, ", row ", position, " of epoch ", epoch,
            ", cannot be");
    rows_ = std::move(rows);
    epoch_ = epoch;
    position_ = static_cast<std::size_t>(position);
}

AHA_INLINE std::int64_t example_rows::batches_from(std::int64_t epoch, std::int64_t first, std::int64_t count) const {
    std::int64_t all = 0;
    for (std::int64_t e = epoch; e < options_.epochs; ++e)
        all += (std::ssize(e == epoch_ ? rows_ : deal(e)) - std::exchange(first, 0) + count - 1) / count;
    return all;
}

AHA_INLINE std::vector<std::vector<std::size_t>> example_rows::deal(std::int64_t epoch) const {
    std::vector<std::size_t> order(examples_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    shuffle(order, epoch, 0);
    std::vector<std::vector<std::size_t>> rows;
    if (!options_.pack) {
        for (const std::size_t place : order) rows.push_back({place});
        return rows;
    }
    for (std::size_t from = 0; from < order.size(); from += static_cast<std::size_t>(options_.window)) {
        const std::size_t end = std::min(order.size(), from + static_cast<std::size_t>(options_.window));
        std::vector<std::int64_t> lengths;
        for (std::size_t i = from; i < end; ++i) lengths.push_back(std::ssize(examples_[order[i]].ids));
        for (std::vector<std::size_t>& packed : best_fit_rows(lengths, options_.row_tokens)) {
            for (std::size_t& place : packed) place = order[from + place];
            rows.push_back(std::move(packed));
        }
    }
    shuffle(rows, epoch, 1);  // best fit puts the long examples first
    return rows;
}

}  // namespace aha
