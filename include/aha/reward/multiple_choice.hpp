#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/last_choice.hpp>

namespace aha {

/// Where a data row has its answer and its choices.
struct multiple_choice_options {
    std::string field = "answer";  ///< "B", the text of a choice, or a position counted from 0
    std::string choices{};         ///< the field with the choices' texts, a list of strings; empty: not needed
    std::int64_t letters = 10;     ///< how many choices there are where the row does not list them: A to J

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(!field.empty(), "field must not be empty");
        require(letters >= 2 && letters <= 26, "letters must be between 2 and 26, not ", letters);
    }
};

/// 1 if the completion answers with the data row's choice, by its letter or by its text, else 0; see `last_choice`.
///
/// Throws `aha::error` if the row lacks a field, or has an answer that is none of the choices: no completion could ever
/// win it.
class multiple_choice {
public:
    explicit multiple_choice(multiple_choice_options options = {}) : options_{std::move(options)} {
        options_.validate();
    }

    bool operator()(const prompt& asked, const completion& given) const {
        const std::vector<std::string> texts = texts_of(asked);
        const std::size_t letters = texts.empty() ? static_cast<std::size_t>(options_.letters) : texts.size();
        const json& wanted = asked[options_.field];
        const auto refuse = [&] {
            fail("prompt ", asked.index, " has the answer ", wanted.dump(), " in its field \"", options_.field,
                 "\", which is none of its ", letters, " choices");
        };
        std::optional<std::size_t> right;
        if (wanted.is_number_integer() && wanted >= 0) right = wanted.get<std::size_t>();
        else if (wanted.is_string()) right = detail::named_choice(wanted.get_ref<const std::string&>(), texts, letters);
        if (!right || *right >= letters) refuse();
        return last_choice(given.text, texts, letters) == right;
    }

    const multiple_choice_options& options() const { return options_; }

private:
    std::vector<std::string> texts_of(const prompt& asked) const {
        std::vector<std::string> texts;
        if (options_.choices.empty()) return texts;
        const json& listed = asked[options_.choices];
        const auto check = [&](bool right) {
            require(right, "prompt ", asked.index, " has ", listed.dump(), " in its field \"", options_.choices,
                    "\", which is no list of 2 to 26 texts");
        };
        check(listed.is_array() && listed.size() >= 2 && listed.size() <= 26);
        for (const json& one : listed) {
            check(one.is_string());
            texts.push_back(one.get<std::string>());
        }
        return texts;
    }

    multiple_choice_options options_;
};

template <>
inline constexpr bool deterministic_reward<multiple_choice> = true;

}  // namespace aha
