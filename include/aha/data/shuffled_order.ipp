#pragma once

#include <nlohmann/json.hpp>
#include <numeric>

#include <aha/data/shuffled_order.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail {

AHA_INLINE void fingerprint::add(std::string_view text) {
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
    add_byte(0xff);  // never in UTF-8: where one text ends matters
}

AHA_INLINE std::int64_t saved_number(const state_values& saved, const std::string& key, std::string_view whose) {
    const bool there = saved.values.is_object() && saved.values.contains(key);
    require(there && saved.values[key].is_number_integer(), "the saved place in ", whose, " has no whole number \"",
            key, "\": it is another source's");
    return saved.values[key].get<std::int64_t>();
}

AHA_INLINE void require_saved_seed(const state_values& saved, std::uint64_t seed, std::string_view whose) {
    const auto its = static_cast<std::uint64_t>(saved_number(saved, "seed", whose));
    require(its == seed, "the saved place in ", whose, " is in the order of seed ", its, ", not ", seed);
}

AHA_INLINE shuffled_order::shuffled_order(std::string whose, std::size_t size, std::uint64_t data, options chosen)
    : whose_{std::move(whose)}, data_{data}, options_{chosen}, rows_(size) {
    require(size > 0, whose_, " holds no prompts");
    require(options_.epochs >= 0, "epochs must be 0 (for ever) or more, not ", options_.epochs);
    deal();
}

AHA_INLINE auto shuffled_order::next() -> std::optional<place> {
    if (position_ == rows_.size()) {
        if (options_.epochs != 0 && epoch_ + 1 >= options_.epochs) return std::nullopt;
        ++epoch_;
        position_ = 0;
        deal();
    }
    const std::size_t row = rows_[position_++];
    return place{row, static_cast<std::int64_t>(row) + epoch_ * static_cast<std::int64_t>(rows_.size())};
}

AHA_INLINE std::vector<std::size_t> shuffled_order::next_batch(std::int64_t most) {
    std::vector<std::size_t> rows;
    std::optional<place> first = next();
    if (!first) return rows;
    rows.push_back(first->row);
    while (std::ssize(rows) < most && position_ < rows_.size()) rows.push_back(rows_[position_++]);
    return rows;
}

AHA_INLINE std::int64_t shuffled_order::batches_left(std::int64_t most) const {
    const auto batches = [&](std::size_t count) { return (static_cast<std::int64_t>(count) + most - 1) / most; };
    return batches(rows_.size() - position_) + (options_.epochs - 1 - epoch_) * batches(rows_.size());
}

AHA_INLINE double shuffled_order::epochs_done() const {
    return static_cast<double>(epoch_) + static_cast<double>(position_) / static_cast<double>(rows_.size());
}

AHA_INLINE state_values shuffled_order::save() const {
    state_values s;
    s.values = {{"epoch", epoch_},      {"position", position_},       {"size", rows_.size()},
                {"fingerprint", data_}, {"shuffle", options_.shuffle}, {"seed", options_.seed}};
    return s;
}

AHA_INLINE void shuffled_order::load(const state_values& saved) {
    const auto size = saved_number(saved, "size", whose_);
    require(static_cast<std::size_t>(size) == rows_.size(), "the saved place is in a data set of ", size, " rows, but ",
            whose_, " has ", rows_.size());
    require(static_cast<std::uint64_t>(saved_number(saved, "fingerprint", whose_)) == data_,
            "the saved place is in another data set than ", whose_, ": as many rows, but not the same");
    require_saved_seed(saved, options_.seed, whose_);
    require(saved.values.contains("shuffle") && saved.values["shuffle"] == options_.shuffle, "the saved place in ",
            whose_, " is in ",
            options_.shuffle ? "file order, not in a shuffled one" : "a shuffled order, not in file order");
    const auto epoch = saved_number(saved, "epoch", whose_), position = saved_number(saved, "position", whose_);
    require(epoch >= 0 && position >= 0 && position <= size, "the saved place in ", whose_, ", row ", position,
            " of epoch ", epoch, ", cannot be");
    require(options_.epochs == 0 || epoch < options_.epochs, "the saved place in ", whose_, " is in epoch ", epoch + 1,
            ", but there are to be ", options_.epochs, " epochs");
    epoch_ = epoch;
    position_ = static_cast<std::size_t>(position);
    deal();
}

AHA_INLINE void shuffled_order::deal() {
    std::iota(rows_.begin(), rows_.end(), std::size_t{0});
    if (options_.shuffle) detail::shuffle(rows_, {options_.seed, static_cast<std::uint64_t>(epoch_), order_stream, 0});
}

}  // namespace aha::detail
