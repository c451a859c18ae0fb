#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/data_row.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/mapped_file.hpp>
#include <aha/core/state.hpp>
#include <aha/core/strict_json.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha {

/// In what order the rows come.
struct jsonl_records_options {
    bool shuffle = true;      ///< a new order each epoch; false: the file's
    std::uint64_t seed = 0;   ///< of the order
    std::int64_t epochs = 0;  ///< times through the file; 0: for ever
    bool check = true;        ///< parse every row when the file is opened, so that a bad one does not wait for its turn

    void validate() const { require(epochs >= 0, "epochs must be 0 (for ever) or more, not ", epochs); }
};

/// The rows of a file of JSON lines in a shuffled order, for files larger than the memory: what is kept of a row is
/// where it begins, its line and its turn (24 bytes); the row itself is read when it is asked for. A place is two
/// numbers, saved and loaded as a prompt source's.
///
/// Takes and refuses what `jsonl_reader` does, but the file must be a regular one. It must not change while it is read;
/// one that has changed between `save` and `load` is refused by its checksum.
class jsonl_records {
public:
    /// Goes through the file once. Throws `aha::error` naming it if it is missing or has no rows, and "FILE:LINE: ..."
    /// if a line is at fault.
    explicit jsonl_records(const std::filesystem::path& path, const jsonl_records_options& options = {})
        : jsonl_records{opened(path, options), options} {}

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
        require(row < starts_.size(), file_.path().string(), " has ", starts_.size(), " rows, so none at ", row);
        return read(file_, starts_[row], row);
    }

    std::size_t size() const { return starts_.size(); }  ///< rows in the file

    state save() const { return order_.save(); }

    /// Goes back to a saved place. Throws `aha::error` if that is a place in another file or in another order.
    void load(const state& saved) { order_.load(saved); }

private:
    struct start {
        std::size_t byte = 0;
        std::int64_t line = 0;
    };

    struct indexed_file {
        mapped_file file;
        std::vector<start> starts{};
        std::uint64_t checksum = 0;
    };

    jsonl_records(indexed_file opened, const jsonl_records_options& options)
        : file_{std::move(opened.file)},
          starts_{std::move(opened.starts)},
          order_{
              file_.path().string(), starts_.size(), opened.checksum, {options.shuffle, options.seed, options.epochs}} {
    }

    static std::string_view text_of(const mapped_file& file) {
        return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
    }

    static indexed_file opened(const std::filesystem::path& path, const jsonl_records_options& options) {
        options.validate();
        indexed_file made{mapped_file{path}};
        const std::string_view all = text_of(made.file), mark = "\xEF\xBB\xBF";
        detail::fingerprint sum;
        std::int64_t line = 0;
        for (std::size_t begin = all.starts_with(mark) ? mark.size() : 0; begin < all.size(); ++begin) {
            const std::size_t end = std::min(all.find('\n', begin), all.size());
            const std::string_view text = all.substr(begin, end - begin);
            ++line;
            if (text.find_first_not_of(" \t\r") != std::string_view::npos) {
                made.starts.push_back({begin, line});
                sum.add(text);
                if (options.check) read(made.file, made.starts.back(), made.starts.size() - 1);
            }
            begin = end;
        }
        made.checksum = sum.value();
        return made;
    }

    static data_row read(const mapped_file& file, const start& from, std::size_t row) {
        const std::string_view rest = text_of(file).substr(from.byte);
        data_row found{static_cast<std::int64_t>(row), file.path().string() + ":" + std::to_string(from.line), {}};
        found.fields = detail::parse_strict_json<json>(rest.substr(0, rest.find('\n')), found.where);
        require(found.fields.is_object(), found.where, ": a JSON object is needed, not ", found.fields.type_name());
        return found;
    }

    mapped_file file_;
    std::vector<start> starts_;  // [rows]
    detail::shuffled_order order_;
};

}  // namespace aha
