#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What a template computes with: Python's plain values, as far as chat templates use them.
namespace aha::detail::jinja {

/// A template that cannot go on; the evaluator adds the line and makes it an `aha::error`.
class template_problem : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

template <class... Parts>
[[noreturn]] void problem(const Parts&... parts) {
    std::ostringstream sentence;
    (sentence << ... << parts);
    throw template_problem{sentence.str()};
}

class value;

/// How much there is to visit in a value: its nesting, and its parts (every 64 bytes of text are one). Bounded, so that
/// no template can build what takes too long to print or to compare, or is nested too deep for the stack.
struct extent {
    int depth = 0;
    std::size_t parts = 1;

    /// Counts a part in.
    void enclose(const extent& part) {
        depth = std::max(depth, part.depth + 1);
        parts += part.parts;
        if (depth > 250) problem("a value nested deeper than 250 levels");
        if (parts > 4'000'000) problem("a value of more than 4 million parts");
    }
    static extent of_text(std::size_t bytes) { return {0, 1 + bytes / 64}; }
};

/// The longest text that a template may make, in bytes.
constexpr std::size_t longest_text = 20'000'000;

/// Appends to a text that grows by what a template says.
inline void grow(std::string& text, std::string_view part) {
    if (text.size() + part.size() > longest_text) problem("a text of more than ", longest_text, " bytes");
    text += part;
}

/// A name that has no value; `why` says which.
struct undefined {
    std::string why;
};
struct none {};

/// What the filter `safe` makes. It can be printed and joined by `~`; what "+" adds Jinja escapes, which is refused
/// here.
struct safe_text {
    std::string text;
};

/// A row of values, as one of Python's types.
struct sequence {
    enum class kind {
        list,
        tuple,
        range,     ///< what range() gives
        view,      ///< what dict.keys() and its like give: no items by index
        iterator,  ///< what `map`, `select` and their like give: always true, no length, read only once
    };
    enum class reading { none, part, all };
    kind is = kind::list;
    std::vector<value> items;
    std::shared_ptr<reading> read{};  ///< how much of an iterator has been read
    extent reach{};                   ///< filled when it becomes a value
};

/// A dict, in the order of insertion.
struct mapping {
    std::vector<std::pair<std::string, value>> entries;
    extent reach{};  ///< filled when it becomes a value
    const value* find(std::string_view key) const;
    void put(std::string_view key, value content);
};

/// What `namespace(...)` makes: the one value that a template may change.
struct name_space {
    mapping attributes;
};

/// What a call was given.
struct arguments {
    std::string callee;  ///< for messages
    std::vector<value> positional;
    std::vector<std::pair<std::string, value>> named;

    /// The arguments by parameter, in the order of `parameters`; one too many, or one that is not a parameter, is a
    /// problem.
    std::vector<std::optional<value>> bind(std::initializer_list<std::string_view> parameters) const;
};

struct callable {
    std::function<value(const arguments&)> call;
    extent reach{};  ///< of what it holds on to
};

class value {
public:
    using storage = std::variant<undefined, none, bool, std::int64_t, double, std::string,
                                 std::shared_ptr<const sequence>, std::shared_ptr<const mapping>,
                                 std::shared_ptr<name_space>, std::shared_ptr<const callable>, safe_text>;

    value() = default;
    value(undefined v) : data_{std::move(v)} {}
    value(none v) : data_{v} {}
    value(bool v) : data_{v} {}
    value(std::int64_t v) : data_{v} {}
    value(double v) : data_{v} {}
    value(std::string v) : data_{std::move(v)} {}
    value(std::string_view v) : data_{std::string{v}} {}
    value(const char* v) : data_{std::string{v}} {}
    value(sequence v);
    value(mapping v);
    value(std::shared_ptr<name_space> v) : data_{std::move(v)} {}
    value(safe_text v) : data_{std::move(v)} {}
    value(callable v) : data_{std::make_shared<const callable>(std::move(v))} {}

    static value list(std::vector<value> items) { return sequence{sequence::kind::list, std::move(items)}; }
    static value tuple(std::vector<value> items) { return sequence{sequence::kind::tuple, std::move(items)}; }
    static value view(std::vector<value> items) { return sequence{sequence::kind::view, std::move(items)}; }
    static value iterator(std::vector<value> items) {
        return sequence{sequence::kind::iterator, std::move(items), std::make_shared<sequence::reading>()};
    }
    static value count(std::size_t n) { return static_cast<std::int64_t>(n); }

    const storage& data() const { return data_; }

    bool is_undefined() const { return std::holds_alternative<undefined>(data_); }
    bool is_none() const { return std::holds_alternative<none>(data_); }
    const bool* as_bool() const { return std::get_if<bool>(&data_); }
    const double* as_real() const { return std::get_if<double>(&data_); }
    const std::string* as_text() const { return std::get_if<std::string>(&data_); }
    const safe_text* as_safe_text() const { return std::get_if<safe_text>(&data_); }
    const sequence* as_sequence() const { return pointee<const sequence>(); }
    const mapping* as_mapping() const { return pointee<const mapping>(); }
    name_space* as_name_space() const { return pointee<name_space>(); }
    const callable* as_callable() const { return pointee<const callable>(); }
    bool is_row(sequence::kind kind) const { return as_sequence() && as_sequence()->is == kind; }
    extent reach() const {
        if (const auto* text = as_text()) return extent::of_text(text->size());
        if (const auto* row = as_sequence()) return row->reach;
        if (const auto* dict = as_mapping()) return dict->reach;
        const auto* function = as_callable();
        return function ? function->reach : extent{};
    }
    /// An int; a bool is 0 or 1, as in Python.
    std::optional<std::int64_t> as_integer() const {
        if (const bool* flag = as_bool()) return *flag ? 1 : 0;
        if (const auto* number = std::get_if<std::int64_t>(&data_)) return *number;
        return std::nullopt;
    }
    /// An int, bool or float.
    std::optional<double> as_number() const {
        if (const double* number = as_real()) return *number;
        if (const auto number = as_integer()) return static_cast<double>(*number);
        return std::nullopt;
    }

    /// What `if` asks.
    bool truthy() const {
        if (const auto number = as_number()) return *number != 0;
        if (const auto* text = as_text()) return !text->empty();
        if (const auto* safe = as_safe_text()) return !safe->text.empty();
        if (const auto* row = as_sequence()) return row->is == sequence::kind::iterator || !row->items.empty();
        if (const auto* dict = as_mapping()) return !dict->entries.empty();
        return !is_undefined() && !is_none();
    }

    /// Python's name of the type, for messages.
    std::string type_name() const {
        constexpr std::string_view rows[] = {"list", "tuple", "range", "dict view", "iterator"};
        if (const auto* row = as_sequence()) return std::string{rows[static_cast<std::size_t>(row->is)]};
        constexpr std::string_view names[] = {"undefined", "NoneType", "bool",      "int",      "float",      "str",
                                              "list",      "dict",     "namespace", "callable", "safe string"};
        return std::string{names[data_.index()]};
    }

    /// Says that `what` cannot be done with this value; an undefined one says why it is undefined.
    [[noreturn]] void refuse(std::string_view what) const {
        if (const auto* missing = std::get_if<undefined>(&data_))
            problem(missing->why, ", so ", what, " is not possible");
        problem(what, " is not possible with a value of type ", type_name());
    }

private:
    template <class T>
    T* pointee() const {
        const auto* held = std::get_if<std::shared_ptr<T>>(&data_);
        return held ? held->get() : nullptr;
    }
    storage data_;
};

inline value::value(sequence v) {
    v.reach = {};
    for (const value& item : v.items) v.reach.enclose(item.reach());
    data_ = std::make_shared<const sequence>(std::move(v));
}

inline value::value(mapping v) {
    v.reach = {};
    for (const auto& [key, content] : v.entries) {
        v.reach.enclose(extent::of_text(key.size()));
        v.reach.enclose(content.reach());
    }
    data_ = std::make_shared<const mapping>(std::move(v));
}

inline const value* mapping::find(std::string_view key) const {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == key; });
    return found == entries.end() ? nullptr : &found->second;
}

inline void mapping::put(std::string_view key, value content) {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == key; });
    if (found != entries.end()) found->second = std::move(content);
    else entries.emplace_back(key, std::move(content));
}

inline std::vector<std::optional<value>> arguments::bind(std::initializer_list<std::string_view> parameters) const {
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
    return bound;
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

/// A JSON value (either order of keys) as a template sees it. Nesting past 200 levels is a problem.
template <class Json>
value from_json(const Json& json, int depth = 0) {
    if (depth > 200) problem("data nested deeper than 200 levels");
    if (json.is_null()) return none{};
    if (json.is_boolean()) return json.template get<bool>();
    if (json.is_number_float()) return json.template get<double>();
    if (json.is_number_unsigned() && json.template get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        problem("a number over 2^63 in the data");
    if (json.is_number_integer()) return json.template get<std::int64_t>();
    if (json.is_string()) return json.template get<std::string>();
    if (json.is_array()) {
        std::vector<value> items;
        for (const auto& item : json) items.push_back(from_json(item, depth + 1));
        return value::list(std::move(items));
    }
    if (!json.is_object()) problem("data that is not JSON text");
    mapping dict;
    for (const auto& [key, item] : json.items()) dict.entries.emplace_back(key, from_json(item, depth + 1));
    return dict;
}

}  // namespace aha::detail::jinja
