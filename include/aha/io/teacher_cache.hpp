#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <aha/files/mapped_file.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/kernels/top_k_rows.hpp>

/// The file in which a teacher's answers to a data set are kept. Little-endian, checksummed throughout:
///
///     "ahateach"                          8 bytes
///     for each example, one after another: ids [n, k] int32, log-probs [n, k] float32, tails [n] float32
///     for each example: `teacher_cache_entry`
///     index, JSON                         {"k", "temperature", "vocabulary", "padding", "examples"}
///     offset of the entries, size of the index    8 + 8 bytes
///     CRC-32C of entries and index        4 bytes
///     "ahte"                              4 bytes
namespace aha {

/// What the rows of a teacher cache are.
struct teacher_cache_options {
    std::int64_t k = 64;          ///< tokens kept of each distribution
    double temperature = 1;       ///< that divided the teacher's logits
    std::int64_t vocabulary = 0;  ///< tokens among which the probabilities are sharded
    std::int64_t padding = 0;     ///< rows of the teacher's head beyond, which are known to be no tokens
    bool operator==(const teacher_cache_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const;
};

namespace detail {

inline constexpr std::string_view teacher_cache_begin = "ahateach", teacher_cache_end = "ahte";

struct teacher_cache_entry {
    std::uint64_t offset = 0;       // of the example's rows
    std::uint64_t fingerprint = 0;  // of the example
    std::uint32_t rows = 0;         // loss tokens of the example
    std::uint32_t checksum = 0;     // CRC-32C of the rows
};
static_assert(sizeof(teacher_cache_entry) == 24);

/// Tells examples apart by their tokens and which of them are learned.
std::uint64_t fingerprint_of(const supervised_example& example);

}  // namespace detail

/// Reads what a `teacher_cache_writer` wrote: the teacher's top-k at each loss token of each example. Rows are read
/// when they are asked for; copies share the file.
class teacher_cache {
public:
    /// Throws `aha::error` naming the file if it is damaged or no teacher cache.
    explicit teacher_cache(const std::filesystem::path& path);

    const teacher_cache_options& options() const { return options_; }
    std::size_t size() const { return entries_.size(); }  ///< examples
    /// The file.
    const std::filesystem::path& path() const { return file_->path(); }

    /// Throws `aha::error` unless these are the examples of this cache, in its order, and the teacher's vocabulary.
    void check(std::span<const supervised_example> examples, std::int64_t vocabulary) const;

    /// The teacher's rows for the loss tokens of `example`, on the CPU.
    /// @param place the example's position in the data set, counted from 0
    /// Throws `aha::error` if the cache holds another example there, or its rows are damaged.
    top_k_rows rows(std::size_t place, const supervised_example& example) const;

private:
    const detail::teacher_cache_entry& entry_of(std::size_t place, const supervised_example& example) const;

    std::shared_ptr<const mapped_file> file_;
    teacher_cache_options options_;
    std::vector<detail::teacher_cache_entry> entries_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/io/teacher_cache.ipp>
#endif
