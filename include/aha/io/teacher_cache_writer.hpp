#pragma once

#include <ATen/core/Tensor.h>
#include <cstddef>
#include <filesystem>
#include <vector>

#include <aha/files/atomic_file.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/kernels/top_k_rows.hpp>
#include <aha/io/teacher_cache.hpp>

namespace aha {

/// Writes a `teacher_cache`, one example after another in the order of the data set. The file appears under its name
/// when `finish` is called; without it (an exception, an early return) the old file stays as it was.
class teacher_cache_writer {
public:
    /// Throws `aha::error` for options that make no sense and for what the system says.
    explicit teacher_cache_writer(const std::filesystem::path& path, teacher_cache_options options);

    /// Adds the next example.
    /// @param rows the teacher's answers at its loss tokens [n, k], on any device
    /// Throws `aha::error` if there are more or fewer of them, or a token is none of the vocabulary's.
    void add(const supervised_example& example, const top_k_rows& rows);

    std::size_t size() const { return entries_.size(); }  ///< examples written so far

    /// Puts the file under its name. Nothing can be added after that.
    void finish();

private:
    static const teacher_cache_options& checked(const teacher_cache_options& options);

    teacher_cache_options options_;
    atomic_file file_;
    std::vector<detail::teacher_cache_entry> entries_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/io/teacher_cache_writer.ipp>
#endif
