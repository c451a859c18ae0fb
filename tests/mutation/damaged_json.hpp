#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <tests/mutation/damaged_bytes.hpp>

namespace mutation {

using json = nlohmann::ordered_json;

/// Values of all types, and those at which numbers, names and lengths go wrong.
inline json odd_value(chances& chance) {
    switch (chance.below(10)) {
        case 0: return nullptr;
        case 1: return chance.one_in(2);
        case 2: return chance.pick(extreme_numbers);
        case 3: return -static_cast<std::int64_t>(chance.pick(extreme_numbers) >> 1);
        case 4: {
            const double numbers[] = {0.5, -0.0, 1e300, -1e300, 1e-320, 2.5, 4294967296.0, 1e19, 3.0};
            return chance.pick(numbers);
        }
        case 5: return std::string{chance.pick(words)};
        case 6: {
            const char* const texts[] = {
                "",          "a",        "ab",       "\u0120",    "\u2581",     "Regex",          "Sequence",
                "ByteLevel", "Unigram",  "(?i:a)",   "[^a]+(",    "\\p{L}*",    "(a+)+b",         "(a|a)*",
                "yarn",      "linear",   "silu",     "llama",     "<|im_end|>", "tokenizer.json", "../x",
                "model",     "bfloat16", "a/\u00e4", "Metaspace", "NFKC",       "assistant"};
            return chance.pick(texts);
        }
        case 7: return std::string(1 + chance.below(chance.one_in(8) ? 20000 : 40), "a \xc3\n"[chance.below(2)]);
        case 8: return json::array();
        default: return json::object();
    }
}

namespace detail {

/// Some place in `root`: nearer to it more often than far away, so that a large vocabulary is not all that is hit.
inline json* some_place(json& root, chances& chance) {
    json* at = &root;
    while (at->is_structured() && !at->empty() && !chance.one_in(5))
        at = &std::next(at->begin(), static_cast<std::ptrdiff_t>(chance.below(at->size()))).value();
    return at;
}

inline json::iterator some_item(json& of, chances& chance) {
    return std::next(of.begin(), static_cast<std::ptrdiff_t>(chance.below(of.size())));
}

inline void damage_json_once(json& root, chances& chance, json& other) {
    json& at = *some_place(root, chance);
    switch (chance.below(13)) {
        case 0: at = odd_value(chance); break;
        case 1:
            if (at.is_structured() && !at.empty()) at.erase(some_item(at, chance));
            break;
        case 2:  // an element twice, or a value under a further name
            if (at.is_array() && !at.empty()) at.push_back(json(at[chance.below(at.size())]));
            else if (at.is_object() && !at.empty()) {
                json value = some_item(at, chance).value();
                at[some_item(at, chance).key() + (chance.one_in(2) ? "_2" : "")] = std::move(value);
            }
            break;
        case 3: {  // another type for the same
            if (at.is_number()) at = at.dump();
            else if (at.is_string()) at = json::array({at});
            else if (at.is_array() && !at.empty()) at = json(at[0]);
            else if (at.is_object()) at = json::array({at});
            else at = 1;
            break;
        }
        case 4: {  // deeper
            const bool in_lists = chance.one_in(2);
            for (std::size_t n = chance.one_in(6) ? 1 + chance.below(200) : 1; n > 0; --n) {
                json inner = std::move(at);
                at = in_lists ? json::array({std::move(inner)}) : json{{"type", std::move(inner)}};
            }
            break;
        }
        case 5: {  // what stands elsewhere
            json value = *some_place(chance.one_in(2) ? root : other, chance);
            at = std::move(value);
            break;
        }
        case 6:
            if (at.is_structured() && at.size() > 1) std::swap(*some_item(at, chance), *some_item(at, chance));
            break;
        case 7:
            if (at.is_string()) at = damaged_bytes(at.get<std::string>(), chance, "\\p{L}+(?!\\S)|[^a-z]{2,3}");
            break;
        case 8:  // a name of another object
            if (const json& from = *some_place(other, chance); at.is_object() && from.is_object() && !from.empty()) {
                const auto item = std::next(from.begin(), static_cast<std::ptrdiff_t>(chance.below(from.size())));
                at[item.key()] = chance.one_in(3) ? odd_value(chance) : item.value();
            }
            break;
        case 9:  // a value under another name
            if (at.is_object() && !at.empty()) {
                const auto item = some_item(at, chance);
                json value = item.value();
                const std::string key = item.key();
                at.erase(key);
                at[chance.one_in(3) ? "type" : damaged_bytes(key, chance)] = std::move(value);
            }
            break;
        case 10:  // a number beside it
            if (at.is_number_unsigned() && chance.one_in(3)) at = at.get<std::uint64_t>() / 2;
            else if (at.is_number_integer())  // beside the smallest stands the largest
                at = static_cast<std::int64_t>(at.get<std::uint64_t>() + (chance.one_in(2) ? 1U : ~std::uint64_t{0}));
            else if (at.is_number_float()) at = -at.get<double>();
            break;
        case 11:  // much of it
            if (at.is_array() && !at.empty() && at.size() < 3000)
                for (std::size_t n = chance.below(300); n > 0; --n) at.push_back(json(at[chance.below(at.size())]));
            break;
        default:
            if (at.is_boolean()) at = !at.get<bool>();
            else if (at.is_number()) at = chance.pick(extreme_numbers);
            else if (at.is_string()) at = std::string{chance.pick(words)};
    }
}

}  // namespace detail

/// `root` with one to a few places changed; parts of `other` are put into it.
inline json damaged_json(json root, chances& chance, json other = json::object()) {
    for (std::size_t n = chance.few(10); n > 0; --n) detail::damage_json_once(root, chance, other);
    return root;
}

/// JSON as text; bytes that are no UTF-8 stay out.
inline std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// A file of JSON: its structure damaged, its bytes, or both.
inline std::string damaged_json_file(const json& whole, chances& chance, const json& other = json::object()) {
    if (chance.one_in(5)) return damaged_bytes(dumped(whole), chance, dumped(other));
    const std::string text = dumped(damaged_json(whole, chance, other));
    return chance.one_in(8) ? damaged_bytes(text, chance) : text;
}

}  // namespace mutation
