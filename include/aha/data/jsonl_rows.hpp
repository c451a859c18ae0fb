#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <range/v3/range/concepts.hpp>
#include <ranges>
#include <utility>

#include <aha/data/data_row.hpp>
#include <aha/data/jsonl_reader.hpp>

namespace aha {

/// The rows of JSON lines as a view, one row in memory at a time: for the views of range-v3 and of the
/// standard, and for one's own.
///
///     auto pairs = aha::jsonl_rows{"pairs.jsonl"} | ranges::views::filter(wanted)
///                | ranges::views::transform(aha::as_pair) | ranges::views::chunk(64);
///
/// An input range: it is gone through once, and copies share their place. Blank lines are no rows. Where a line is at
/// fault `jsonl_reader`'s `aha::error`, "FILE:LINE: ...", comes out of the loop that reads it.
class jsonl_rows : public ranges::view_base, public std::ranges::view_base {
public:
    /// Goes through the rows once.
    class iterator {
    public:
        using value_type = data_row;
        using difference_type = std::ptrdiff_t;
        using reference = data_row&;
        using pointer = data_row*;
        using iterator_category = std::input_iterator_tag;  // some of range-v3's views ask for the old kind

        /// What `*i++` needs: the row that was passed by.
        struct passed_row {
            data_row row;  ///< as it was read
            data_row& operator*() { return row; }
        };

        iterator() = default;
        /// Where the view stands.
        explicit iterator(jsonl_rows* rows) : rows_{rows} {}

        /// The row that was read last; it may be moved from.
        data_row& operator*() const { return *rows_->at_->row; }
        data_row* operator->() const { return &**this; }
        iterator& operator++() {
            rows_->read();
            return *this;
        }
        passed_row operator++(int) {
            passed_row passed{std::move(**this)};
            ++*this;
            return passed;
        }
        friend bool operator==(const iterator& here, std::default_sentinel_t) { return here.ended(); }

    private:
        bool ended() const { return !rows_->at_->row; }
        jsonl_rows* rows_ = nullptr;
    };

    /// No rows.
    jsonl_rows() : at_{std::make_shared<place>()} {}

    /// Opens `path`, whatever `jsonl_reader` takes. Throws `aha::error` naming it if it is missing or not readable.
    explicit jsonl_rows(std::filesystem::path path, jsonl_reader_options options = {})
        : at_{std::make_shared<place>()} {
        at_->reader.emplace(std::move(path), options);
    }

    /// Reads the first row, or goes on where this view or a copy of it stands.
    iterator begin() {
        if (!at_->begun) read();
        return iterator{this};
    }
    /// After the last row.
    static std::default_sentinel_t end() { return {}; }

private:
    struct place {
        std::optional<jsonl_reader> reader{};
        std::optional<data_row> row{};
        std::int64_t rows = 0;
        bool begun = false;
    };

    void read() {
        at_->begun = true;
        at_->row.reset();  // also where the next line throws
        if (!at_->reader) return;
        if (std::optional<jsonl_reader::row> next = at_->reader->next())
            at_->row = data_row{at_->rows++, at_->reader->where(), std::move(next->fields)};
    }

    std::shared_ptr<place> at_;  // behind a pointer: views are copied, a file that is read is not
};

}  // namespace aha
