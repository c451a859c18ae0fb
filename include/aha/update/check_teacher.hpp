#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include <aha/core/error.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/core/token_id.hpp>
#include <aha/io/teacher_cache.hpp>
#include <aha/loss/shared_vocabulary.hpp>
#include <aha/update/distill_options.hpp>

namespace aha {

/// Throws `aha::error` if an example is longer than the model's context, as far as it has one, or has a loss mask of
/// another length.
/// @param whose what the message calls the model
template <class Model>
void check_lengths(const char* whose, const Model& model, std::span<const supervised_example> examples) {
    for (const supervised_example& one : examples) require_loss_mask(one);
    if constexpr (requires { model.context(); })
        for (const supervised_example& one : examples)
            require(std::ssize(one.ids) <= model.context(), "example ", one.index, " has ", one.ids.size(),
                    " tokens, more than the ", whose, "'s context of ", model.context());
}

/// Throws `aha::error` if an example holds a token that the model's embedding has no row for.
/// @param whose what the message calls the model
template <class Model>
void check_tokens(const char* whose, const Model& model, std::span<const supervised_example> examples) {
    const std::int64_t rows = model.head().compute.size(0);
    for (const supervised_example& one : examples)
        for (const token_id id : one.ids)
            require(id >= 0 && id < rows, "example ", one.index, " holds token ", id, ", but the ", whose, " has ",
                    rows, " tokens");
}

/// Tokens that a student learns from a cache: those among which its probabilities are divided. Throws `aha::error`
/// with the numbers if that is not the student's vocabulary.
/// @param student rows of its head
/// @param vocabulary tokens of the tokenizer, where the student's head is padded; 0: all rows of it, or, where the
/// cache knows which rows padded its teacher, those that it has
inline std::int64_t shared_vocabulary(std::int64_t student, const teacher_cache& teacher, std::int64_t vocabulary) {
    const teacher_cache_options& theirs = teacher.options();
    require(vocabulary == 0 || vocabulary == theirs.vocabulary, teacher.path(), " holds probabilities of ",
            theirs.vocabulary, " tokens, but the vocabulary has ", vocabulary,
            ": make it again with this number as the option vocabulary of cache_teacher");
    if (vocabulary == 0 && theirs.padding > 0) vocabulary = theirs.vocabulary;
    return shared_vocabulary(student, theirs.vocabulary, vocabulary);
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
        shared_vocabulary(vocabulary, teacher, options.vocabulary);
        teacher.check(examples, theirs.vocabulary);
    } else {
        require(Model::tensor_policy::device() == Teacher::tensor_policy::device(),
                "student and teacher must be on one device, not on ", Model::tensor_policy::device(), " and ",
                Teacher::tensor_policy::device());
        shared_vocabulary(vocabulary, teacher.head().compute.size(0), options.vocabulary);
        check_tokens("teacher", teacher, examples);
        check_lengths("teacher", teacher, examples);
    }
    check_tokens("student", student, examples);
    check_lengths("student", student, examples);
}

}  // namespace aha
