#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include <aha/core/error.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/io/teacher_cache.hpp>
#include <aha/loss/shared_vocabulary.hpp>
#include <aha/train/distill_options.hpp>
#include <aha/train/token_limits.hpp>

namespace aha {

/// Throws `aha::error` if an example is longer than the model's context, as far as it has one, or has tokens that are
/// none of its vocabulary.
/// @param whose what the message calls the model
template <class Model>
void check_lengths(const char* whose, const Model& model, std::span<const supervised_example> examples) {
    for (const supervised_example& one : examples) detail::check_example(one, detail::limits_of(model));
    if constexpr (requires { model.context(); })
        for (const supervised_example& one : examples)
            require(std::ssize(one.ids) <= model.context(), "example ", one.index, " has ", one.ids.size(),
                    " tokens, more than the ", whose, "'s context of ", model.context());
}

/// Throws `aha::error` unless the teacher can teach the student these examples: the same vocabulary, room for them,
/// and, for a cache, the same examples and temperature, and nothing that it has not seen.
/// @param teacher a language model or a `teacher_cache`
template <class Model, class Teacher>
void check_teacher(const Model& student, const Teacher& teacher, std::span<const supervised_example> examples,
                   const distill_options& options) {
    const std::int64_t vocabulary = student.head().compute.size(0);
    if constexpr (std::is_same_v<Teacher, teacher_cache>) {
        const teacher_cache_options& theirs = teacher.options();
        require(options.on_policy == 0,
                "a teacher cache holds no answers to what the student samples: on_policy must be 0, not ",
                options.on_policy);
        require(theirs.temperature == options.temperature, teacher.path(), " was made at temperature ",
                theirs.temperature, ", not ", options.temperature);
        shared_vocabulary(vocabulary, theirs.vocabulary, options.vocabulary);
        teacher.check(examples, theirs.vocabulary);
    } else {
        require(Model::tensor_policy::device() == Teacher::tensor_policy::device(),
                "student and teacher must be on one device, not on ", Model::tensor_policy::device(), " and ",
                Teacher::tensor_policy::device());
        shared_vocabulary(vocabulary, teacher.head().compute.size(0), options.vocabulary);
    }
    check_lengths("student", student, examples);
    check_lengths("teacher", teacher, examples);
}

}  // namespace aha
