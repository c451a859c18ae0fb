#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/attribute_path.hpp>
#include <aha/text/jinja/container_methods.hpp>
#include <aha/text/jinja/iteration.hpp>
#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/value.hpp>

/// Jinja's filters of lists and of whatever else can be visited.
namespace aha::detail::jinja::filters {

using in = const value&;
using many = const arguments&;

/// The extent of something lazy that holds on to the input and the arguments.
inline extent around(in v, many a) {
    extent reach = v.reach().around();
    for (const value& one : a.positional) reach.enclose(one.reach());
    for (const auto& entry : a.named) reach.enclose(entry.second.reach());
    return reach;
}

/// What `step` makes of the items, one at a time when they are asked for; where it gives nothing the item is left out.
inline value lazily(in source, many a, std::function<std::optional<value>(const value&)> step) {
    return iterator{[source, step = std::move(step), work = a.work,
                     from = std::optional<reader>{}]() mutable -> std::optional<value> {
                        if (!from) from.emplace(source);
                        while (auto item = from->next()) {
                            if (work) work->spend(4);
                            if (auto made = step(*item)) return made;
                        }
                        return std::nullopt;
                    },
                    around(source, a)};
}

/// All items, counted as work.
inline std::vector<value> all_items(in v, many a) {
    auto items = items_of(v);
    a.spend(items.size());
    return items;
}

inline value length(in v, many a) {
    a.take(0, 0);
    const auto size = length_of(v);
    if (!size) v.refuse("length");
    return value::count(*size);
}

inline value join(in v, many a) {
    const auto given = a.bind({"d", "attribute"});
    const std::string separator = given[0] ? to_text(*given[0]) : "";
    const attribute_path path{given[1], {}};
    std::string joined;
    bool first = true;
    reader from{v};
    while (const auto item = from.next()) {
        a.spend(2);
        if (!std::exchange(first, false)) grow(joined, separator);
        grow(joined, to_text(path.of(*item)));
    }
    return joined;
}

inline value first(in v, many a) {
    a.take(0, 0);
    auto item = reader{v}.next();
    return item ? *std::move(item) : value{undefined{"there is no first item"}};
}
inline value last(in v, many a) {
    a.take(0, 0);
    if (v.as_iterator()) v.refuse("the filter last");
    const auto size = length_of(v);
    if (!size) v.refuse("the filter last");
    if (*size == 0) return undefined{"there is no last item"};
    if (const auto* row = v.as_sequence()) return row->items.back();
    if (const auto* dict = v.as_mapping()) return dict->entries.back().first;
    return std::string{*character_number(*v.as_text(), -1)};
}
inline value reverse(in v, many a) {
    a.take(0, 0);
    auto items = all_items(v, a);
    std::reverse(items.begin(), items.end());
    if (v.as_iterator()) return value::list(std::move(items));
    if (!v.as_text()) return iterator_over(std::move(items));
    std::string text;
    for (const value& piece : items) text += *piece.as_text();
    return value::text(std::move(text), v.is_safe());
}

inline value items(in v, many a) {
    a.take(0, 0);
    if (v.is_undefined()) return iterator_over({});
    if (!v.as_mapping()) v.refuse("the filter items");
    return iterator_over(pairs_of(*v.as_mapping()));
}

inline value unique(in v, many a) {
    const auto given = a.bind({"case_sensitive", "attribute"});
    const attribute_path path{given[1], {.folds_case = !is_on(given[0])}};
    return lazily(v, a, [path, seen = std::unordered_set<std::string>{}](const value& item) mutable {
        const bool is_new = seen.insert(hash_text(path.of(item))).second;
        return is_new ? std::optional{item} : std::nullopt;
    });
}

/// min and max, the first of equals.
inline value extreme(in v, many a, bool greatest) {
    const auto given = a.bind({"case_sensitive", "attribute"});
    const attribute_path path{given[1], {.folds_case = !is_on(given[0])}};
    reader from{v};
    auto best = from.next();
    if (!best) return undefined{"the sequence was empty"};
    value best_key = path.of(*best);
    while (auto item = from.next()) {
        a.spend(2);
        value key = path.of(*item);
        if (greatest ? !less(best_key, key) : !less(key, best_key)) continue;
        best = std::move(item);
        best_key = std::move(key);
    }
    return *best;
}

inline value sum(in v, many a) {
    const auto given = a.bind({"attribute", "start"});
    const attribute_path path{given[0], {}};
    value total = given[1].value_or(std::int64_t{0});
    if (total.as_text()) problem("the filter sum does not add texts");
    sequence row;  // lists are added in place
    const bool rows = total.is_list_or_tuple();
    if (rows) row = {total.as_sequence()->is, total.as_sequence()->items};
    reader from{v};
    while (const auto item = from.next()) {
        const value part = path.of(*item);
        a.spend(2);
        if (!rows) {
            total = compute("+", total, part);
            continue;
        }
        if (!part.is_row(row.is)) problem("a list and a value of type ", part.type_name(), " cannot be added");
        const auto& added = part.as_sequence()->items;
        a.spend(added.size());
        row.items.insert(row.items.end(), added.begin(), added.end());
    }
    return rows ? value{std::move(row)} : total;
}

/// `items` in the order of their keys; equal ones as they stood.
inline std::vector<value> in_order(const std::vector<value>& items, const std::vector<value>& keys, bool down, many a) {
    const auto size = static_cast<double>(items.size());
    a.spend(static_cast<std::size_t>(size * std::log2(size + 1)));
    std::vector<std::size_t> places(items.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::stable_sort(places.begin(), places.end(), [&](std::size_t x, std::size_t y) {
        return down ? less(keys[y], keys[x]) : less(keys[x], keys[y]);
    });
    std::vector<value> sorted;
    for (const std::size_t place : places) sorted.push_back(items[place]);
    return sorted;
}

inline value sorted(in v, many a) {
    const auto given = a.bind({"reverse", "case_sensitive", "attribute"});
    std::vector<attribute_path> paths;
    const attribute_path::options how{.folds_case = !is_on(given[1])};
    if (given[2] && given[2]->as_text())
        for (const std::string_view path : split_by(*given[2]->as_text(), ",", -1, false))
            paths.emplace_back(value{path}, how);
    else paths.emplace_back(given[2], how);
    const auto items = all_items(v, a);
    std::vector<value> keys;
    for (const value& item : items) {
        std::vector<value> key;
        for (const attribute_path& path : paths) key.push_back(path.of(item));
        keys.push_back(value::list(std::move(key)));
    }
    return value::list(in_order(items, keys, is_on(given[0]), a));
}

/// The dict's items in the order of its keys or values.
inline value dict_sorted(in v, many a) {
    const auto given = a.bind({"case_sensitive", "by", "reverse"});
    if (!v.as_mapping()) v.refuse("the filter dictsort");
    const value by = given[1].value_or("key");
    if (!equal(by, "key") && !equal(by, "value"))
        problem("dictsort goes by \"key\" or \"value\", not by ", to_repr(by));
    const attribute_path path{value{std::int64_t{equal(by, "value") ? 1 : 0}}, {.folds_case = !is_on(given[0])}};
    const auto pairs = pairs_of(*v.as_mapping());
    std::vector<value> keys;
    for (const value& pair : pairs) keys.push_back(path.of(pair));
    return value::list(in_order(pairs, keys, is_on(given[2]), a));
}

inline value grouped(in v, many a) {
    const auto given = a.bind({"attribute", "default", "case_sensitive"}, 1);
    const bool folds = !is_on(given[2]);
    const attribute_path path{given[0], {.folds_case = folds, .fallback = unless_none(given[1])}};
    const attribute_path plain{given[0], {.fallback = unless_none(given[1])}};
    const auto items = all_items(v, a);
    std::vector<value> keys;
    for (const value& item : items) keys.push_back(path.of(item));
    const auto sorted = in_order(items, keys, false, a);
    std::vector<value> groups;
    for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
        const value key = path.of(sorted[begin]);
        while (end < sorted.size() && equal(path.of(sorted[end]), key)) ++end;
        const auto at = [&](std::size_t i) { return sorted.begin() + static_cast<std::ptrdiff_t>(i); };
        groups.push_back(
            sequence{sequence::kind::tuple, {plain.of(sorted[begin]), value::list({at(begin), at(end)})}, true});
    }
    return value::list(std::move(groups));
}

inline value batches(in v, many a) {
    const auto given = a.bind({"linecount", "fill_with"}, 1);
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(0, need_integer(*given[0], "batch's linecount")));
    const auto fill = unless_none(given[1]);
    auto from = std::make_shared<std::optional<reader>>();
    auto row = std::make_shared<std::vector<value>>();
    return iterator{[v, size, fill, from, row, work = a.work]() -> std::optional<value> {
                        if (!*from) from->emplace(v);
                        while (auto item = (*from)->next()) {
                            if (work) work->spend(2);
                            std::vector<value> full;
                            const bool is_full = row->size() == size;
                            if (is_full) full = std::exchange(*row, {});
                            row->push_back(*std::move(item));
                            if (is_full) return value::list(std::move(full));
                        }
                        if (row->empty()) return std::nullopt;
                        if (fill && row->size() < size) {
                            if (size > 4'000'000) problem("a value of more than 4 million parts");
                            row->resize(size, *fill);
                        }
                        return value::list(std::exchange(*row, {}));
                    },
                    around(v, a)};
}

inline value slices(in v, many a) {
    const auto given = a.bind({"slices", "fill_with"}, 1);
    const std::int64_t count = need_integer(*given[0], "slice's number of slices");
    const auto fill = unless_none(given[1]);
    if (count == 0) problem("a division by zero");
    return iterator{[row = value::list(all_items(v, a)), count, fill, done = std::int64_t{0},
                     work = a.work]() mutable -> std::optional<value> {
                        if (done >= count) return std::nullopt;
                        const auto& all = row.as_sequence()->items;
                        const auto size = static_cast<std::int64_t>(all.size());
                        const std::int64_t each = size / count, longer = size % count;
                        const std::int64_t begin = done * each + std::min(done, longer);
                        const std::int64_t end = begin + each + (done < longer ? 1 : 0);
                        if (work) work->spend(32 + static_cast<std::size_t>(end - begin));
                        std::vector<value> taken(all.begin() + begin, all.begin() + end);
                        if (fill && done >= longer) taken.push_back(*fill);
                        ++done;
                        return value::list(std::move(taken));
                    },
                    around(v, a)};
}

}  // namespace aha::detail::jinja::filters
