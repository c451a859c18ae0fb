#pragma once

#include <cmath>
#include <cstddef>

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/judge/rubric.hpp>

namespace aha {

AHA_INLINE void check_rubric(const std::vector<criterion>& rubric) {
    require(!rubric.empty(), "a rubric needs one criterion at least");
    for (std::size_t i = 0; i < rubric.size(); ++i) {
        require(!rubric[i].name.empty(), "criterion ", i, " of the rubric has no name");
        require(rubric[i].name != "points", "a criterion cannot be called \"points\", as the list of all is");
        require(rubric[i].points > 0 && std::isfinite(rubric[i].points), "the points of the criterion \"",
                rubric[i].name, "\" must be positive, not ", rubric[i].points);
        for (std::size_t j = 0; j < i; ++j)
            require(rubric[i].name != rubric[j].name, "two criteria of the rubric are called \"", rubric[i].name, '"');
    }
}

AHA_INLINE std::vector<criterion> read_rubric(const json& list) {
    require(list.is_array(), "a rubric is a list of criteria, not ", list.dump());
    std::vector<criterion> rubric;
    for (const json& one : list) {
        const auto text = [&](const char* key) {
            require(one.is_object() && one.contains(key) && one.at(key).is_string(), "a criterion needs a text \"", key,
                    "\", which ", one.dump(), " has not");
            return one.at(key).get<std::string>();
        };
        criterion& read = rubric.emplace_back(criterion{.name = text("name"), .description = text("description")});
        if (!one.contains("points")) continue;
        require(one.at("points").is_number(), "the points of the criterion \"", read.name, "\" must be a number, not ",
                one.at("points").dump());
        read.points = one.at("points").get<double>();
    }
    check_rubric(rubric);
    return rubric;
}

}  // namespace aha
