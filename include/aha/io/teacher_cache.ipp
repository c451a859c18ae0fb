#pragma once

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include <aha/io/teacher_cache.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/crc32c.hpp>
#include <aha/files/tensor_file.hpp>

namespace aha {

AHA_INLINE void teacher_cache_options::validate() const {
    require(vocabulary > 0, "vocabulary must be positive, not ", vocabulary);
    require(k > 0 && k <= vocabulary, "k must be in [1, ", vocabulary, "], the vocabulary, not ", k);
    require(temperature > 0 && std::isfinite(temperature), "temperature must be positive, not ", temperature);
    require(padding >= 0, "padding must be 0 (none) or more, not ", padding);
}

}  // namespace aha

namespace aha::detail {

inline constexpr std::size_t teacher_cache_trailer = 8 + 8 + 4 + 4;

/// Bytes of a row: ids, log-probs, tail.
constexpr std::uint64_t teacher_row_bytes(std::int64_t k) { return 4 * (2 * static_cast<std::uint64_t>(k) + 1); }

AHA_INLINE std::uint64_t fingerprint_of(const supervised_example& example) {
    return std::uint64_t{crc32c(std::as_bytes(std::span{example.ids}))} << 32 |
           crc32c(std::as_bytes(std::span{example.loss_mask}));
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE teacher_cache::teacher_cache(const std::filesystem::path& path) : file_{map_file(path)} {
    const std::span<const std::byte> bytes = file_->bytes();
    const auto text = [&](std::size_t at, std::size_t size) {
        return std::string_view{reinterpret_cast<const char*>(bytes.data()) + at, size};
    };
    require(bytes.size() >= 8 && text(0, 8) == detail::teacher_cache_begin, path, " is no teacher cache");
    require(bytes.size() >= 8 + detail::teacher_cache_trailer && text(bytes.size() - 4, 4) == detail::teacher_cache_end,
            path, " is damaged: it is cut off");
    const std::size_t trailer = bytes.size() - detail::teacher_cache_trailer;
    const auto offset = detail::number_in<std::uint64_t>(bytes, trailer),
               size = detail::number_in<std::uint64_t>(bytes, trailer + 8);
    require(offset >= 8 && offset <= trailer && size <= trailer - offset &&
                (trailer - offset - size) % sizeof(detail::teacher_cache_entry) == 0,
            path, " is damaged: its index is not where it should be");
    require(crc32c(text(offset, trailer - offset)) == detail::number_in<std::uint32_t>(bytes, trailer + 16), path,
            " is damaged: wrong checksum of its index");
    entries_.resize((trailer - offset - size) / sizeof(detail::teacher_cache_entry));
    if (!entries_.empty()) std::memcpy(entries_.data(), bytes.data() + offset, trailer - offset - size);
    const nlohmann::json index = nlohmann::json::parse(text(trailer - size, size), nullptr, false);
    try {
        options_ = {.k = index.at("k"),
                    .temperature = index.at("temperature"),
                    .vocabulary = index.at("vocabulary"),
                    .padding = index.value("padding", std::int64_t{0})};  // which older files do not have
        options_.validate();
        require(index.at("examples") == entries_.size(), "its examples are not all there");
    } catch (const nlohmann::json::exception&) {
        fail(path, " is damaged: its index is not what it should be");
    } catch (const error& wrong) {
        fail(path, " is damaged: ", wrong.what());
    }
    for (const detail::teacher_cache_entry& entry : entries_)
        require(entry.offset >= 8 && entry.offset <= offset &&
                    entry.rows <= (offset - entry.offset) / detail::teacher_row_bytes(options_.k),
                path, " is damaged: an example reaches beyond the file");
}

AHA_INLINE void teacher_cache::check(std::span<const supervised_example> examples, std::int64_t vocabulary) const {
    require(options_.vocabulary == vocabulary, path(), " holds answers of a teacher with ", options_.vocabulary,
            " tokens, but the vocabulary has ", vocabulary);
    require(examples.size() == size(), path(), " holds answers to ", size(), " examples, but there are ",
            examples.size());
    for (std::size_t i = 0; i < size(); ++i) entry_of(i, examples[i]);
}

AHA_INLINE top_k_rows teacher_cache::rows(std::size_t place, const supervised_example& example) const {
    const detail::teacher_cache_entry& entry = entry_of(place, example);
    const auto n = static_cast<std::int64_t>(entry.rows);
    const std::span<const std::byte> bytes =
        file_->bytes().subspan(entry.offset, entry.rows * detail::teacher_row_bytes(options_.k));
    require(crc32c(bytes) == entry.checksum, path(), " is damaged: wrong checksum of example ", place);
    const top_k_rows rows{at::empty({n, options_.k}, at::kInt), at::empty({n, options_.k}, at::kFloat),
                          at::empty({n}, at::kFloat)};
    const std::byte* next = bytes.data();
    for (const at::Tensor& part : {rows.ids, rows.log_probs, rows.tail}) {
        if (n > 0) std::memcpy(part.mutable_data_ptr(), next, part.nbytes());
        next += part.nbytes();
    }
    return rows;
}

AHA_INLINE const detail::teacher_cache_entry& teacher_cache::entry_of(std::size_t place,
                                                                      const supervised_example& example) const {
    require(place < size(), path(), " holds answers to ", size(), " examples, none to number ", place);
    require(entries_[place].fingerprint == detail::fingerprint_of(example), path(),
            " holds answers to other examples: number ", place, " is not the one given");
    return entries_[place];
}

}  // namespace aha
