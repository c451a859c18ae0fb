#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/iteration.hpp>
#include <aha/text/jinja/print.hpp>
#include <aha/text/jinja/value.hpp>

/// The functions that every chat template may call.
namespace aha::detail::jinja {

/// `range(stop)`, `range(start, stop)`, `range(start, stop, step)`; at most 100000 numbers, as in Jinja's sandbox.
inline value range(const arguments& given) {
    const auto bound = given.take(1, 3);
    const std::int64_t start = bound[1] ? need_integer(*bound[0], "range") : 0;
    const std::int64_t stop = need_integer(bound[1] ? *bound[1] : *bound[0], "range");
    const std::int64_t step = bound[2] ? need_integer(*bound[2], "range") : 1;
    if (step == 0) problem("range has a step of 0");
    std::vector<value> numbers;
    std::int64_t at = start;
    while (step > 0 ? at < stop : at > stop) {
        if (numbers.size() == 100'000) problem("range has more than 100000 numbers");
        numbers.emplace_back(at);
        if (__builtin_add_overflow(at, step, &at)) break;
    }
    return sequence{sequence::kind::range, std::move(numbers)};
}

/// The dict that `dict(other, a=1)` and `namespace(other, a=1)` begin with: another one, or pairs.
inline mapping dict_of(const arguments& given) {
    mapping dict;
    if (given.positional.size() > 1) problem(given.callee, " takes at most one dict");
    if (!given.positional.empty()) {
        const value& other = given.positional[0];
        if (other.as_mapping()) {
            dict = *other.as_mapping();
        } else {
            reader from{other};
            while (const auto item = from.next()) {
                given.spend(2);
                const auto pair = items_of(*item);
                if (pair.size() != 2) problem(given.callee, " takes pairs, not ", pair.size(), " values");
                dict.put(pair[0], pair[1]);
            }
        }
    }
    for (const auto& [name, content] : given.named) dict.put(name, content);
    return dict;
}

/// `dict.fromkeys(keys, content)`.
inline value dict_from_keys(const arguments& given) {
    const auto bound = given.take(1, 2);
    mapping dict;
    reader from{*bound[0]};
    while (auto key = from.next()) {
        given.spend(2);
        dict.put(*std::move(key), bound[1].value_or(none{}));
    }
    return dict;
}

/// `cycler(a, b, ...)`: goes round its items, one at each `next()`.
inline value cycler(const arguments& given) {
    if (given.positional.empty() || !given.named.empty()) problem("cycler needs items to go round");
    struct state {
        std::vector<value> items;
        std::size_t at = 0;
    };
    const auto shared = std::make_shared<state>(state{given.positional});
    callable made;
    made.type = "cycler";
    made.reach = value::list(given.positional).reach().around();
    made.attribute = [shared, reach = made.reach](std::string_view name) -> std::optional<value> {
        if (name == "current") return shared->items[shared->at];
        if (name == "next")
            return callable{[shared](const arguments& none_given) -> value {
                                none_given.take(0, 0);
                                const std::size_t at = shared->at;
                                shared->at = (at + 1) % shared->items.size();
                                return shared->items[at];
                            },
                            reach.around()};
        if (name == "reset")
            return callable{[shared](const arguments& none_given) -> value {
                                none_given.take(0, 0);
                                shared->at = 0;
                                return none{};
                            },
                            reach.around()};
        return std::nullopt;
    };
    return made;
}

/// `joiner(separator)`: nothing at its first call, the separator at later ones.
inline value joiner(const arguments& given) {
    const value separator = given.bind({"sep"})[0].value_or(", ");
    return callable{[separator, used = std::make_shared<bool>(false)](const arguments& none_given) -> value {
                        none_given.take(0, 0);
                        return std::exchange(*used, true) ? separator : value{""};
                    },
                    separator.reach().around(), "joiner"};
}

/// This machine's local time.
inline std::tm local_time() {
    std::tm time{};
    const std::time_t seconds = std::time(nullptr);
    localtime_r(&seconds, &time);
    return time;
}

/// `strftime_now(format)`: `now`, or this machine's local time, written by strftime.
inline value strftime_now(const std::string& format, const std::optional<std::tm>& now) {
    std::tm time = now ? *now : local_time();
    if (now) {
        std::tm filled = time;
        timegm(&filled);  // the day of the week and of the year, which a caller may have left out
        time.tm_wday = filled.tm_wday;
        time.tm_yday = filled.tm_yday;
    }
    char text[256];
    if (format.empty()) return "";
    const std::size_t size = std::strftime(text, sizeof text, format.c_str(), &time);
    if (size == 0) problem("strftime_now cannot write the format ", quote_for_repr(format));
    return std::string(text, size);
}

}  // namespace aha::detail::jinja
