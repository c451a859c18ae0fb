#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include <aha/reward/multiple_choice.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/json.hpp>
#include <aha/reward/last_choice.hpp>

namespace aha {

AHA_INLINE void multiple_choice_options::validate() const {
    require(!field.empty(), "field must not be empty");
    require(letters >= 2 && letters <= 26, "letters must be between 2 and 26, not ", letters);
}

AHA_INLINE multiple_choice::multiple_choice(multiple_choice_options options) : options_{std::move(options)} {
    options_.validate();
}

AHA_INLINE bool multiple_choice::operator()(const prompt& asked, const completion& given) const {
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

AHA_INLINE std::vector<std::string> multiple_choice::texts_of(const prompt& asked) const {
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

}  // namespace aha
