#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/container_methods.hpp>
#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/str_format.hpp>
#include <aha/text/jinja/text_methods.hpp>
#include <aha/text/jinja/value.hpp>

/// What `object.name` and `object[index]` are, as in Jinja's sandbox whose values cannot be changed.
namespace aha::detail::jinja {

/// Python's attributes that are not in the tables of methods: reading them must say so rather than be "undefined".
inline bool is_other_attribute(const value& object, std::string_view name) {
    constexpr std::string_view of_text[] = {"encode", "isidentifier", "translate", "maketrans"};
    constexpr std::string_view of_number[] = {"real",       "imag",     "numerator",  "denominator",      "conjugate",
                                              "bit_length", "to_bytes", "from_bytes", "as_integer_ratio", "bit_count",
                                              "is_integer", "hex",      "fromhex"};
    constexpr std::string_view of_view[] = {"mapping", "isdisjoint"};
    constexpr std::string_view of_range[] = {"start", "stop", "step"};
    const auto has = [&](const auto& names) {
        return std::find(std::begin(names), std::end(names), name) != std::end(names);
    };
    if (object.as_text()) return has(of_text);
    if (object.as_mapping()) return name == "fromkeys";
    if (object.is_row(sequence::kind::view)) return has(of_view);
    if (object.is_row(sequence::kind::range)) return has(of_range);
    if (object.as_number()) return has(of_number);
    return object.as_iterator() && (name == "send" || name == "throw" || name == "close");
}

/// Methods that would change a list or dict: to a template they are undefined.
inline bool is_change(const value& object, std::string_view name) {
    constexpr std::string_view of_dict[] = {"clear", "pop", "popitem", "setdefault", "update"};
    constexpr std::string_view of_list[] = {"append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"};
    const auto has = [&](const auto& names) {
        return std::find(std::begin(names), std::end(names), name) != std::end(names);
    };
    return object.as_mapping() ? has(of_dict) : object.is_row(sequence::kind::list) && has(of_list);
}

/// Text in `v` marked as safe: what a method of safe text gives.
inline value mark_safe(const value& v) {
    if (v.as_text()) return value::text(*v.as_text(), true);
    if (!v.is_list_or_tuple()) return v;
    sequence row{v.as_sequence()->is, {}};
    for (const value& item : v.as_sequence()->items) row.items.push_back(mark_safe(item));
    return row;
}

inline value member_of(const value& object, const std::string& name);
inline value subscript_of(const value& object, const value& index);

/// `text.format` and `text.format_map`.
inline value format_method(const value& text, bool from_map) {
    return callable{[text, from_map](const arguments& given) -> value {
                        const bool safe = text.is_safe();
                        const str_formatter::lookups look_up{member_of, subscript_of};
                        mapping named;
                        if (from_map) {
                            const auto dict = given.take(1, 1)[0];
                            if (!dict->as_mapping()) dict->refuse("format_map");
                            named = *dict->as_mapping();
                        } else {
                            for (const auto& [name, content] : given.named) named.put(name, content);
                        }
                        const std::vector<value> none_given;
                        str_formatter formatter{from_map ? none_given : given.positional, named, look_up, safe};
                        return value::text(formatter.run(*text.as_text()), safe);
                    },
                    text.reach().around()};
}

/// A method bound to its object.
inline value bound_method(const value& object, method call) {
    return callable{[object, call](const arguments& given) {
                        given.spend(object.as_text() ? object.as_text()->size() / 8 : object.own_size() / 2);
                        const value result = call(object, given);
                        if (object.as_text() && result.as_sequence()) given.spend(result.reach().parts);
                        return object.is_safe() ? mark_safe(result) : result;
                    },
                    object.reach().around()};
}

/// `object.name` if the object has such an attribute.
inline std::optional<value> attribute_of(const value& object, const std::string& name) {
    if (const auto* space = object.as_name_space()) {
        const value* found = space->attributes.find_text(name);
        return found ? std::optional{*found} : std::nullopt;
    }
    if (const auto* special = object.as_callable()) return special->attribute ? special->attribute(name) : std::nullopt;
    if (const auto* row = object.as_sequence(); row && row->is_group) {
        if (name == "grouper") return row->items[0];
        if (name == "list") return row->items[1];
    }
    if (object.as_text() && (name == "format" || name == "format_map"))
        return format_method(object, name == "format_map");
    static const std::map<std::string_view, method> no_methods;
    const bool row = object.as_sequence() && !object.is_row(sequence::kind::view);
    const auto& table = object.as_text()      ? text_methods::table()
                        : object.as_mapping() ? dict_methods()
                        : row                 ? row_methods()
                                              : no_methods;
    if (const auto found = table.find(name); found != table.end()) return bound_method(object, found->second);
    if (object.is_row(sequence::kind::list) && name == "copy")
        return bound_method(object, [](const value& self, const arguments& given) { return given.take(0, 0), self; });
    if (is_other_attribute(object, name))
        problem("the attribute .", name, " of a ", object.type_name(), " is not supported");
    if (is_change(object, name))
        return undefined{"a " + object.type_name() + " cannot be changed by a template with ." + name + "()"};
    return std::nullopt;
}

/// `object.name`: an attribute, else the item of that name, else undefined.
inline value member_of(const value& object, const std::string& name) {
    if (object.is_undefined()) object.refuse("reading ." + name + " of it");
    if (auto found = attribute_of(object, name)) return *std::move(found);
    if (const auto* dict = object.as_mapping())
        if (const value* found = dict->find_text(name)) return *found;
    return undefined{"a value of type " + object.type_name() + " has no attribute \"" + name + "\""};
}

/// `object[index]`: an item, else the attribute of that name, else undefined.
inline value subscript_of(const value& object, const value& index) {
    value item = item_of(object, index);
    if (!item.is_undefined() || !index.as_text()) return item;
    if (object.as_mapping() && object.as_mapping()->find_text(*index.as_text())) return item;
    if (auto found = attribute_of(object, *index.as_text())) return *std::move(found);
    return item;
}

}  // namespace aha::detail::jinja
