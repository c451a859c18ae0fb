#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// An iterator over items that are there already.
inline value iterator_over(std::vector<value> items) {
    const value row = value::list(std::move(items));
    return iterator{[row, at = std::size_t{0}]() mutable -> std::optional<value> {
                        const auto& all = row.as_sequence()->items;
                        if (at == all.size()) return std::nullopt;
                        return all[at++];
                    },
                    row.reach().around()};
}

/// The text in `v`, which `what` needs.
inline const std::string& need_text(const value& v, std::string_view what) {
    if (const auto* text = v.as_text()) return *text;
    v.refuse(what);
}

/// The same for a value that is about to go: its text outlives it.
inline std::string need_text(value&& v, std::string_view what) {
    if (const auto* text = v.as_text()) return *text;
    v.refuse(what);
}

/// The whole number in `v`, which `what` needs.
inline std::int64_t need_integer(const value& v, std::string_view what) {
    if (const auto number = v.as_integer()) return *number;
    v.refuse(what);
}

/// What a call was given.
struct arguments {
    std::string callee;  ///< for messages
    std::vector<value> positional{};
    std::vector<std::pair<std::string, value>> named{};
    std::shared_ptr<budget> work{};  ///< what the rendering may still do

    /// Counts work that is about to be done.
    void spend(std::size_t steps) const {
        if (work) work->spend(steps);
    }

    /// The arguments by parameter, in the order of `parameters`; one too many, one that is not a parameter, or one of
    /// the first `needed` that is missing, is a problem.
    std::vector<std::optional<value>> bind(std::initializer_list<std::string_view> parameters,
                                           std::size_t needed = 0) const {
        if (positional.size() > parameters.size())
            problem(callee, " takes at most ", parameters.size(), " arguments, not ", positional.size());
        std::vector<std::optional<value>> bound(positional.begin(), positional.end());
        bound.resize(parameters.size());
        for (const auto& [name, content] : named) {
            const auto found = std::find(parameters.begin(), parameters.end(), name);
            if (found == parameters.end()) problem(callee, " has no argument called \"", name, "\" here");
            auto& place = bound[static_cast<std::size_t>(found - parameters.begin())];
            if (place) problem(callee, " was given its argument \"", name, "\" twice");
            place = content;
        }
        for (std::size_t i = 0; i < needed; ++i)
            if (!bound[i]) problem(callee, " needs the argument \"", parameters.begin()[i], "\"");
        return bound;
    }

    /// From `least` to `most` arguments without names; what was not given is nothing.
    std::vector<std::optional<value>> take(std::size_t least, std::size_t most) const {
        if (!named.empty()) problem(callee, " takes no named arguments");
        if (positional.size() < least || positional.size() > most)
            problem(callee, " takes ", least, least == most ? "" : " to " + std::to_string(most),
                    most == 1 ? " argument, not " : " arguments, not ", positional.size());
        std::vector<std::optional<value>> taken(positional.begin(), positional.end());
        taken.resize(most);
        return taken;
    }
};

/// Whether an argument that is false unless given says yes.
inline bool is_on(const std::optional<value>& flag) { return flag && flag->truthy(); }

/// An argument that none leaves out too.
inline std::optional<value> unless_none(const std::optional<value>& given) {
    return given && given->is_none() ? std::nullopt : given;
}

}  // namespace aha::detail::jinja
