#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <aha/text/jinja/limits.hpp>

/// What a template computes with: Python's plain values, as far as chat templates use them.
namespace aha::detail::jinja {

class value;
struct arguments;

/// A name that has no value; `why` says which.
struct undefined {
    std::string why;
};
struct none {};

/// Text that was marked as safe markup (the filter `safe`): other text that is added to it is escaped.
struct safe_text {
    std::shared_ptr<const std::string> text;
};

/// A row of values, as one of Python's types.
struct sequence {
    enum class kind {
        list,
        tuple,
        range,  ///< what range() gives
        view,   ///< what dict.keys() and its like give: no items by index
    };
    kind is = kind::list;
    std::vector<value> items;
    bool is_group = false;  ///< a tuple of the filter groupby: its items are also called `grouper` and `list`
    extent reach{};         ///< filled when it becomes a value
};

/// What `map`, `select` and their like give: always true, no length, each item read only once.
struct iterator {
    std::function<std::optional<value>()> next;
    extent reach{};  ///< of what it reads
};

/// A dict, in the order of insertion. Keys are whatever Python can hash: 1, 1.0 and true are one key.
struct mapping {
    std::vector<std::pair<value, value>> entries;
    extent reach{};  ///< filled when it becomes a value
    std::unordered_map<std::string, std::size_t>
        places{};  ///< of the entries, by `hash_text`; kept of large dicts only

    const value* find(const value& key) const;
    const value* find_text(std::string_view key) const;
    void put(value key, value content);

private:
    std::size_t place_of(const value& key) const;
    friend class value;
    void keep_places();
};

/// What `namespace(...)` makes: the one value that a template may change.
struct name_space {
    mapping attributes;
};

/// What can be called, and what has attributes of its own: functions, methods, macros, `loop`, `cycler(...)`.
struct callable {
    std::function<value(const arguments&)> call;                        ///< empty: it cannot be called
    extent reach{};                                                     ///< of what it holds on to
    std::string type = "callable";                                      ///< for messages
    std::function<std::optional<value>(std::string_view)> attribute{};  ///< empty: it has none
};

class value {
public:
    using storage =
        std::variant<undefined, none, bool, std::int64_t, double, std::shared_ptr<const std::string>, safe_text,
                     std::shared_ptr<const sequence>, std::shared_ptr<const mapping>, std::shared_ptr<name_space>,
                     std::shared_ptr<const callable>, std::shared_ptr<const iterator>>;

    value() = default;
    value(undefined v) : data_{std::move(v)} {}
    value(none v) : data_{v} {}
    value(bool v) : data_{v} {}
    value(std::int64_t v) : data_{v} {}
    value(double v) : data_{v} {}
    value(std::string v) : data_{std::make_shared<const std::string>(std::move(v))} {}
    value(std::string_view v) : value{std::string{v}} {}
    value(const char* v) : value{std::string{v}} {}
    value(safe_text v) : data_{std::move(v)} {}
    value(sequence v);
    value(mapping v);
    value(std::shared_ptr<name_space> v) : data_{std::move(v)} {}
    value(callable v) : data_{std::make_shared<const callable>(std::move(v))} {}
    value(iterator v) : data_{std::make_shared<const iterator>(std::move(v))} {}

    static value list(std::vector<value> items) { return sequence{sequence::kind::list, std::move(items)}; }
    static value tuple(std::vector<value> items) { return sequence{sequence::kind::tuple, std::move(items)}; }
    static value view(std::vector<value> items) { return sequence{sequence::kind::view, std::move(items)}; }
    static value count(std::size_t n) { return static_cast<std::int64_t>(n); }
    /// Text, marked as safe or not.
    static value text(std::string text, bool safe) {
        if (!safe) return text;
        return safe_text{std::make_shared<const std::string>(std::move(text))};
    }

    const storage& data() const { return data_; }

    bool is_undefined() const { return std::holds_alternative<undefined>(data_); }
    bool is_none() const { return std::holds_alternative<none>(data_); }
    bool is_safe() const { return std::holds_alternative<safe_text>(data_); }
    const bool* as_bool() const { return std::get_if<bool>(&data_); }
    const double* as_real() const { return std::get_if<double>(&data_); }
    /// A str, marked as safe or not; it lives as long as any copy of the value.
    const std::string* as_text() const {
        if (const auto* safe = std::get_if<safe_text>(&data_)) return safe->text.get();
        return pointee<const std::string>();
    }
    const sequence* as_sequence() const { return pointee<const sequence>(); }
    const mapping* as_mapping() const { return pointee<const mapping>(); }
    name_space* as_name_space() const { return pointee<name_space>(); }
    const callable* as_callable() const { return pointee<const callable>(); }
    const iterator* as_iterator() const { return pointee<const iterator>(); }
    bool is_row(sequence::kind kind) const { return as_sequence() && as_sequence()->is == kind; }
    bool is_list_or_tuple() const { return is_row(sequence::kind::list) || is_row(sequence::kind::tuple); }
    extent reach() const {
        if (const auto* text = as_text()) return extent::of_text(text->size());
        if (const auto* row = as_sequence()) return row->reach;
        if (const auto* dict = as_mapping()) return dict->reach;
        if (const auto* reader = as_iterator()) return reader->reach;
        const auto* function = as_callable();
        return function ? function->reach : extent{};
    }
    /// How much a function that looks once at each of its items or characters has to do.
    std::size_t own_size() const {
        if (const auto* text = as_text()) return 1 + text->size() / 64;
        if (const auto* row = as_sequence()) return 1 + row->items.size();
        const auto* dict = as_mapping();
        return dict ? 1 + dict->entries.size() : 1;
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
        if (const auto* row = as_sequence()) return !row->items.empty();
        if (const auto* dict = as_mapping()) return !dict->entries.empty();
        return !is_undefined() && !is_none();
    }

    /// Python's name of the type, for messages.
    std::string type_name() const {
        constexpr std::string_view rows[] = {"list", "tuple", "range", "dict view"};
        if (const auto* row = as_sequence()) return std::string{rows[static_cast<std::size_t>(row->is)]};
        if (const auto* object = as_callable()) return object->type;
        constexpr std::string_view names[] = {"undefined", "NoneType", "bool", "int",       "float",    "str",
                                              "str",       "list",     "dict", "namespace", "callable", "iterator"};
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
        v.reach.enclose(key.reach());
        v.reach.enclose(content.reach());
    }
    v.keep_places();
    data_ = std::make_shared<const mapping>(std::move(v));
}

/// A text that is the same for equal keys and differs for others: Python's hash and == in one. A value that cannot be a
/// key is a problem.
inline std::string hash_text(const value& key) {
    if (const auto* text = key.as_text()) return "s" + *text;
    if (const auto number = key.as_integer()) return "i" + std::to_string(*number);
    if (const double* real = key.as_real()) {
        if (std::fabs(*real) < 9e18 && *real == std::floor(*real))
            return "i" + std::to_string(static_cast<std::int64_t>(*real));
        return "r" + std::to_string(std::bit_cast<std::uint64_t>(*real));
    }
    if (key.is_none()) return "n";
    if (key.is_undefined()) return "u";
    if (key.is_row(sequence::kind::tuple) || key.is_row(sequence::kind::range)) {
        std::string all = key.is_row(sequence::kind::tuple) ? "t" : "g";
        for (const value& item : key.as_sequence()->items) {
            const std::string one = hash_text(item);
            grow(all, std::to_string(one.size()) + ":" + one);
        }
        return all;
    }
    if (const void* const place = key.as_name_space() ? static_cast<const void*>(key.as_name_space())
                                  : key.as_callable() ? static_cast<const void*>(key.as_callable())
                                                      : static_cast<const void*>(key.as_iterator()))
        return "p" + std::to_string(std::bit_cast<std::uintptr_t>(place));
    key.refuse("use as a key");
}

/// Whether the value can be a key of a dict.
inline bool is_hashable(const value& key) {
    if (key.is_row(sequence::kind::tuple))
        return std::all_of(key.as_sequence()->items.begin(), key.as_sequence()->items.end(), is_hashable);
    return !key.as_mapping() && (!key.as_sequence() || key.is_row(sequence::kind::range));
}

inline bool same_key(const value& a, const value& b) {
    if (a.as_text() && b.as_text()) return *a.as_text() == *b.as_text();
    return hash_text(a) == hash_text(b);
}

inline std::size_t mapping::place_of(const value& key) const {
    if (!places.empty()) {
        const auto found = places.find(hash_text(key));
        return found == places.end() ? entries.size() : found->second;
    }
    if (!key.as_text()) (void)hash_text(key);  // what cannot be a key is a problem even of an empty dict
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return same_key(e.first, key); });
    return static_cast<std::size_t>(found - entries.begin());
}
inline const value* mapping::find(const value& key) const {
    const std::size_t at = place_of(key);
    return at == entries.size() ? nullptr : &entries[at].second;
}
inline const value* mapping::find_text(std::string_view key) const {
    if (!places.empty()) return find(value{key});
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const auto& e) { return e.first.as_text() && *e.first.as_text() == key; });
    return found == entries.end() ? nullptr : &found->second;
}
inline void mapping::put(value key, value content) {
    const std::size_t at = place_of(key);
    if (at < entries.size()) {
        entries[at].second = std::move(content);
        return;
    }
    if (!places.empty()) places.emplace(hash_text(key), at);
    entries.emplace_back(std::move(key), std::move(content));
    if (entries.size() == 32) keep_places();
}
inline void mapping::keep_places() {
    if (entries.size() < 32 || places.size() == entries.size()) return;
    for (std::size_t at = 0; at < entries.size(); ++at) places.emplace(hash_text(entries[at].first), at);
}

}  // namespace aha::detail::jinja
