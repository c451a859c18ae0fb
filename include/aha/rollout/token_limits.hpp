#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include <aha/core/error.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/core/token_id.hpp>

/// What a model can read, and the checks of what users' prompt sources, tokenizers and examples give it: an id beyond
/// the vocabulary would read and write memory of others.
namespace aha::detail {

/// Of a model; 0: not known.
struct token_limits {
    std::int64_t vocabulary = 0;  ///< ids are below it
    std::int64_t context = 0;     ///< most tokens of a text
};

/// A model's own.
template <class Model>
token_limits limits_of(const Model& model) {
    token_limits limits;
    if constexpr (requires { model.head().compute.size(0); }) limits.vocabulary = model.head().compute.size(0);
    if constexpr (requires { model.context(); }) limits.context = model.context();
    return limits;
}

/// The place of the first id that is none of the vocabulary's, if there is one.
inline std::optional<std::size_t> outside_vocabulary(std::span<const token_id> ids, std::int64_t vocabulary) {
    const std::int64_t end = vocabulary > 0 ? vocabulary : std::numeric_limits<std::int64_t>::max();
    const auto found = std::find_if(ids.begin(), ids.end(), [=](token_id id) { return id < 0 || id >= end; });
    if (found == ids.end()) return std::nullopt;
    return static_cast<std::size_t>(found - ids.begin());
}

/// Throws `aha::error` for an example with a loss mask of another length, or an id that is none of the vocabulary's.
inline void check_example(const supervised_example& example, const token_limits& limits) {
    require_loss_mask(example);
    if (const auto wrong = outside_vocabulary(example.ids, limits.vocabulary))
        fail("example ", example.index, " has token ", example.ids[*wrong], " at place ", *wrong,
             ", but the model's vocabulary has ", limits.vocabulary,
             " tokens, from 0: resize the model's embedding, or take the token out");
}

/// Throws `aha::error` for a text of a record with an id that is none of the vocabulary's.
/// @param whose what the message calls the records
inline void check_record_tokens(std::span<const token_id> ids, const token_limits& limits, std::int64_t index,
                                const char* whose) {
    if (const auto wrong = outside_vocabulary(ids, limits.vocabulary))
        fail("record ", index, " of ", whose, " has token ", ids[*wrong], ", but the model's vocabulary has ",
             limits.vocabulary, " tokens, from 0");
}

}  // namespace aha::detail
