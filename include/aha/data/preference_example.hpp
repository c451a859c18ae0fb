#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <aha/data/data_row.hpp>
#include <aha/core/dialogue.hpp>
#include <aha/core/error.hpp>
#include <aha/core/preference_pair.hpp>
#include <aha/data/row_shapes.hpp>
#include <aha/text/chat_template.hpp>
#include <aha/data/row_example.hpp>

namespace aha {

/// Both sides of a preference as tokens: "prompt" with "chosen" and with "rejected", texts or turns, each as
/// `row_example` makes an example of a pair.
/// @param source a `pretrained` model
/// @param chat the template of conversations, where it is not the source's own
/// Throws `aha::error` that begins with the row's FILE:LINE for a row of another shape, for equal sides, and for one
/// that cannot be tokens.
template <class Source>
preference_pair preference_example(const Source& source, const data_row& row,
                                   const std::optional<chat_template>& chat = std::nullopt,
                                   const row_example_options& options = {}) {
    const preference judged = as_preference(row);
    const auto& spoken = chat ? chat : source.chat;
    const auto side = [&](const text_or_turns& answer) {
        if (const auto* text = std::get_if<std::string>(&judged.prompt))
            return completion_example(source, *text, std::get<std::string>(answer), row.index).ids;
        require(spoken.has_value(), "the row is a conversation, and the model has no chat template");
        return detail::turns_example(source, *spoken, {row.index, judged.prompt, answer, judged.template_variables},
                                     options)
            .ids;
    };
    try {
        preference_pair pair{row.index, side(judged.chosen), side(judged.rejected)};
        require(pair.chosen != pair.rejected, "both answers are the same tokens");
        return pair;
    } catch (const error& problem) {
        fail(row.where, ": ", problem.what());
    }
}

}  // namespace aha
