#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>
#include <aha/core/parameters.hpp>

namespace aha {

/// Whether `name` is `pattern`, in which each `*` stands for any text: "model.layers.0.*", "*.bias".
inline bool name_matches(std::string_view pattern, std::string_view name) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == name;
    if (name.substr(0, star) != pattern.substr(0, star)) return false;
    const std::string_view rest = pattern.substr(star + 1);
    for (std::size_t from = star; from <= name.size(); ++from)
        if (name_matches(rest, name.substr(from))) return true;
    return false;
}

/// Keeps the parameters whose names match from being trained: they get no gradient, and `adamw` does not shrink them.
/// `trained` true undoes it. Gives how many match. Throws `aha::error` with some names if none does.
inline std::size_t freeze(const parameters& weights, std::string_view pattern, bool trained = false) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (!name_matches(pattern, weights.at(i).name)) continue;
        at::Tensor leaf = weights[i];  // the same tensor
        leaf.set_requires_grad(trained);
        ++found;
    }
    if (found == 0 && weights.size() > 0)
        fail("no parameter's name matches \"", pattern, "\"; there are ", weights.at(0).name, ", ",
             weights.at(weights.size() / 2).name, ", ", weights.at(weights.size() - 1).name, ", ...");
    return found;
}

}  // namespace aha
