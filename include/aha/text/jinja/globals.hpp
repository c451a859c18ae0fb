#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/value.hpp>

/// The functions that every chat template may call.
namespace aha::detail::jinja {

/// `range(stop)`, `range(start, stop)`, `range(start, stop, step)`; at most 100000 numbers, as in Jinja's sandbox.
inline value range(const arguments& given) {
    const auto bound = given.bind({"first", "second", "step"});
    if (!bound[0]) problem("range needs an argument");
    const std::int64_t start = bound[1] ? need_integer(*bound[0], "range") : 0;
    const std::int64_t stop = need_integer(bound[1] ? *bound[1] : *bound[0], "range");
    const std::int64_t step = bound[2] ? need_integer(*bound[2], "range") : 1;
    if (step == 0) problem("range has a step of 0");
    std::vector<value> numbers;
    for (value at = start; step > 0 ? less(at, stop) : less(stop, at); at = compute("+", at, step)) {
        if (numbers.size() == 100'000) problem("range has more than 100000 numbers");
        numbers.push_back(at);
    }
    return sequence{sequence::kind::range, std::move(numbers)};
}

/// The dict that `dict(other, a=1)` and `namespace(other, a=1)` begin with.
inline mapping dict_of(const arguments& given) {
    mapping dict;
    if (given.positional.size() > 1) problem(given.callee, " takes at most one dict");
    if (!given.positional.empty()) {
        const mapping* other = given.positional[0].as_mapping();
        if (!other) given.positional[0].refuse("making a dict");
        dict = *other;
    }
    for (const auto& [name, content] : given.named) dict.put(name, content);
    return dict;
}

/// `strftime_now(format)`: `now`, or this machine's local time, written by strftime.
inline value strftime_now(const std::string& format, const std::optional<std::tm>& now) {
    std::tm time{};
    if (now) {
        time = *now;
        std::tm filled = time;
        timegm(&filled);  // the day of the week and of the year, which a caller may have left out
        time.tm_wday = filled.tm_wday;
        time.tm_yday = filled.tm_yday;
    } else {
        const std::time_t seconds = std::time(nullptr);
        localtime_r(&seconds, &time);
    }
    char text[256];
    if (format.empty()) return "";
    const std::size_t size = std::strftime(text, sizeof text, format.c_str(), &time);
    if (size == 0) problem("strftime_now cannot write the format ", quote_for_repr(format));
    return std::string(text, size);
}

}  // namespace aha::detail::jinja
