#pragma once

#include <aha/data/jsonl_reader.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/json_parser.hpp>

namespace aha {

AHA_INLINE void jsonl_reader_options::validate() const {
    require(max_line_bytes > 0, "max_line_bytes must be positive, not 0");
    require(max_depth > 0 && max_depth <= 1000, "max_depth must be between 1 and 1000, not ", max_depth);
}

}  // namespace aha

namespace aha::detail {

AHA_INLINE json parse_row(std::string_view text, const std::string& where, const jsonl_reader_options& options) {
    json fields = parse_json(text, where,
                             {.max_depth = options.max_depth,
                              .early_end = "the row ends too early (one that is written over several lines must be "
                                           "put on one, as jq -c . FILE does)"});
    require(fields.is_object(), where, ": a JSON object is needed, not ",
            fields.is_array()     ? "a list"
            : fields.is_string()  ? "a string"
            : fields.is_null()    ? "null"
            : fields.is_boolean() ? "a truth value"
                                  : "a number");
    return fields;
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE auto jsonl_reader::next() -> std::optional<row> {
    for (;;) {
        if (const auto found = rows_.next()) return row{found->line, detail::parse_row(found->text, where(), options_)};
        if (shard_ + 1 == shards_.size()) return std::nullopt;
        rows_ = open(++shard_);
    }
}

AHA_INLINE detail::row_texts jsonl_reader::open(std::size_t shard) const {
    options_.validate();
    return detail::row_texts{shards_[shard], options_.max_line_bytes};
}

}  // namespace aha
