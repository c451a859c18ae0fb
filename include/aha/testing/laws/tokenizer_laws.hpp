#pragma once

#include <array>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aha/concepts/tokenizer.hpp>
#include <aha/core/token_id.hpp>
#include <aha/testing/laws/law.hpp>

/// Laws of a tokenizer:
///
///     struct my_case {
///         static my_tokenizer make() { return my_tokenizer{"..."}; }
///         static std::vector<std::string> texts();  // optional: texts it is for; default: texts in several scripts
///         static constexpr bool lossless = true;    // optional: decoding undoes encoding on these
///     };
namespace aha::testing::tokenizer_laws {

namespace detail {

template <class Case>
std::vector<std::string> texts() {
    if constexpr (requires { Case::texts(); }) return Case::texts();
    else
        return {"a",
                "What is 12 + 34?",
                "  two spaces, a\ttab\nand lines\n\n",
                "Grüße, 你好, привет, שלום, 😀",
                "<think> x </think>",
                "it's 1,000.50 %"};
}

}  // namespace detail

/// Ids lie in the vocabulary, those that end a completion too: the model has a row for each.
template <class Case>
std::string gives_ids_of_its_vocabulary() {
    const auto tokenizer = Case::make();
    const auto size = static_cast<token_id>(tokenizer.vocabulary_size());
    for (const std::string& text : detail::texts<Case>())
        for (const token_id id : tokenizer.encode(text))
            if (id < 0 || id >= size) return sentence("id ", id, " of \"", text, "\" is outside the ", size, " ids");
    for (const token_id id : tokenizer.end_ids())
        if (id < 0 || id >= size) return sentence("the id ", id, " that ends is outside the ", size, " ids");
    return {};
}

/// If lossless: what a reward reads is what the model was taught to write.
template <class Case>
std::string decodes_what_it_encodes() {
    if constexpr (requires { requires Case::lossless; }) {
        const auto tokenizer = Case::make();
        for (const std::string& text : detail::texts<Case>()) {
            const std::vector<token_id> ids = tokenizer.encode(text);
            if (const std::string back = tokenizer.decode(std::span<const token_id>{ids}); back != text)
                return sentence("\"", text, "\" comes back as \"", back, "\"");
        }
    }
    return {};
}

/// Every id decodes, also those that no text encodes to: a model may say any of them.
template <class Case>
std::string decodes_any_id() {
    const auto tokenizer = Case::make();
    for (token_id id = 0; id < static_cast<token_id>(tokenizer.vocabulary_size()); ++id) {
        const std::vector<token_id> one{id};
        try {
            static_cast<void>(tokenizer.decode(std::span<const token_id>{one}));
        } catch (const std::exception& problem) {
            return sentence("decoding id ", id, " throws: ", problem.what());
        }
    }
    return {};
}

/// The token that ends a completion leaves no trace in its text.
template <class Case>
std::string hides_the_end() {
    const auto tokenizer = Case::make();
    for (const std::string& text : detail::texts<Case>())
        for (const token_id end : tokenizer.end_ids()) {
            std::vector<token_id> ids = tokenizer.encode(text);
            const std::string without = tokenizer.decode(std::span<const token_id>{ids});
            ids.push_back(end);
            if (const std::string with = tokenizer.decode(std::span<const token_id>{ids}); with != without)
                return sentence("with id ", end, " at its end, \"", without, "\" becomes \"", with, "\"");
        }
    return {};
}

/// Nothing is added to a text: whoever wants a first token asks for it.
template <class Case>
std::string adds_nothing() {
    const auto tokenizer = Case::make();
    if (const auto ids = tokenizer.encode(std::string_view{}); !ids.empty())
        return sentence("encodes the empty text as ", ids.size(), " ids, the first is ", ids.front());
    return {};
}

/// All of them.
template <class Case>
constexpr std::array<law, 5> all() {
    return {{{"gives_ids_of_its_vocabulary", gives_ids_of_its_vocabulary<Case>},
             {"decodes_what_it_encodes", decodes_what_it_encodes<Case>},
             {"decodes_any_id", decodes_any_id<Case>},
             {"hides_the_end", hides_the_end<Case>},
             {"adds_nothing", adds_nothing<Case>}}};
}

}  // namespace aha::testing::tokenizer_laws
