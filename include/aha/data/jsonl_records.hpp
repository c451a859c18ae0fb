#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <aha/data/data_row.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/state_values.hpp>
#include <aha/data/jsonl_index.hpp>
#include <aha/data/jsonl_reader.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha {

/// In what order the rows come.
struct jsonl_records_options {
    bool shuffle = true;      ///< a new order each epoch; false: the file's
    std::uint64_t seed = 0;   ///< of the order
    std::int64_t epochs = 0;  ///< times through the file; 0: for ever
    bool check = true;        ///< parse every row when the file is opened, so that a bad one does not wait for its turn
    jsonl_reader_options limits{};  ///< of a row

    void validate() const { require(epochs >= 0, "epochs must be 0 (for ever) or more, not ", epochs); }
};

/// The rows of JSON lines in a shuffled order, for files larger than the memory: what is kept of a row is where it
/// stands, its line and its turn (32 bytes); the row itself is read when it is asked for. A place is two numbers, saved
/// and loaded as a prompt source's.
///
/// Takes and refuses what `jsonl_reader` does. Of a packed file, and of a pipe, the text of all rows is kept in memory:
/// unpack one that is larger. A file must not change while it is read; one that has changed between `save` and `load`
/// is refused by its checksum.
class jsonl_records {
public:
    /// Goes through the file once. Throws `aha::error` naming it if it is missing or has no rows, and "FILE:LINE: ..."
    /// if a line is at fault.
    explicit jsonl_records(const std::filesystem::path& path, const jsonl_records_options& options = {})
        : rows_{indexed(path, options)},
          order_{path.string(), rows_.size(), rows_.checksum(), {options.shuffle, options.seed, options.epochs}} {}

    /// The next row, or nothing after the last epoch. `data_row::index` is the row's place in the file plus the number
    /// of rows for each epoch before.
    std::optional<data_row> next() {
        const auto place = order_.next();
        if (!place) return std::nullopt;
        data_row row = at(place->row);
        row.index = place->index;
        return row;
    }

    /// The row with this place in the file, counted from 0; blank lines are no rows.
    data_row at(std::size_t row) const {
        json fields = rows_.fields(row);
        return {static_cast<std::int64_t>(row), rows_.where(row), std::move(fields)};
    }

    std::size_t size() const { return rows_.size(); }  ///< rows in the file

    state_values save() const { return order_.save(); }

    /// Goes back to a saved place. Throws `aha::error` if that is a place in another file or in another order.
    void load(const state_values& saved) { order_.load(saved); }

private:
    static detail::jsonl_index indexed(const std::filesystem::path& path, const jsonl_records_options& options) {
        options.validate();
        detail::jsonl_index::row_check check;
        if (options.check) check = [](const json&, const std::string&) { return true; };
        return {path, detail::jsonl_index::storage::mapped, options.limits, check};
    }

    detail::jsonl_index rows_;
    detail::shuffled_order order_;
};

}  // namespace aha
