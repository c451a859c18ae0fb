#pragma once

#include <algorithm>
#include <cstdint>

#include <aha/core/error.hpp>

namespace aha {

/// Rows of student's and teacher's heads that are compared: all, or, if a `vocabulary` is given, that many, so that
/// rows which only pad either head count in no probability. Throws `aha::error` with both numbers if a head has fewer,
/// and for heads that differ without one.
/// @param student, teacher rows of their heads
/// @param vocabulary tokens of their tokenizer; 0: not said
inline std::int64_t shared_vocabulary(std::int64_t student, std::int64_t teacher, std::int64_t vocabulary) {
    require(student == teacher || vocabulary > 0, "student and teacher have different vocabularies, ", student, " and ",
            teacher, " tokens; if both only pad the same one, say how many tokens it has");
    require(std::min(student, teacher) >= vocabulary, "student and teacher have ", student, " and ", teacher,
            " tokens, fewer than the vocabulary of ", vocabulary);
    return vocabulary > 0 ? vocabulary : student;
}

}  // namespace aha
