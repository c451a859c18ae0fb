#pragma once

#include <algorithm>
#include <cstdint>

#include <aha/core/error.hpp>

namespace aha {

/// Rows of student's and teacher's heads that stand for the same tokens: all, or, if the heads are padded differently
/// beyond a `vocabulary` that is given, those that both have. Throws `aha::error` with both numbers otherwise.
inline std::int64_t shared_vocabulary(std::int64_t student, std::int64_t teacher, std::int64_t vocabulary) {
    const std::int64_t both = std::min(student, teacher);
    require(student == teacher || vocabulary > 0, "student and teacher have different vocabularies, ", student, " and ",
            teacher, " tokens; if both only pad the same one, say how many tokens it has");
    require(both >= vocabulary, "student and teacher have ", student, " and ", teacher,
            " tokens, fewer than the vocabulary of ", vocabulary);
    return both;
}

}  // namespace aha
