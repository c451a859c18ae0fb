#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/letters.hpp>
#include <aha/text/jinja/methods.hpp>
#include <aha/text/jinja/text_functions.hpp>
#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// What a filter's `attribute` reads of an item: "a.b.0" an attribute or item at each point, a number an item, nothing
/// the item itself.
class attribute_path {
public:
    struct options {
        bool folds_case = false;          ///< text is given in lower case
        std::optional<value> fallback{};  ///< in place of what is undefined
    };

    attribute_path(const std::optional<value>& path, options how) : how_{std::move(how)} {
        if (!path || path->is_none()) return;
        if (!path->as_text()) parts_.push_back(*path);
        else
            for (const std::string_view part : split_by(*path->as_text(), ".", -1, false)) {
                const bool number =
                    !part.empty() && part.size() < 10 && std::all_of(part.begin(), part.end(), is_ascii_digit);
                parts_.push_back(number ? value{std::int64_t{std::stoll(std::string{part})}} : value{part});
            }
    }

    value of(value item) const {
        for (const value& part : parts_) {
            item = subscript_of(item, part);
            if (how_.fallback && item.is_undefined()) item = *how_.fallback;
        }
        return how_.folds_case && item.as_text() ? value{lower(*item.as_text())} : item;
    }

private:
    options how_;
    std::vector<value> parts_;
};

}  // namespace aha::detail::jinja
