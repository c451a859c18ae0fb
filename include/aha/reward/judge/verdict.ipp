#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/strict_json.hpp>
#include <aha/files/utf8.hpp>
#include <aha/reward/judge/verdict.hpp>
#include <aha/reward/trimmed.hpp>

namespace aha::detail {

/// One past the end of the object that begins at `from`; `npos` if it has none.
AHA_INLINE std::size_t object_end(std::string_view text, std::size_t from) {
    std::size_t depth = 0;
    bool inside_string = false;
    for (std::size_t at = from; at < text.size(); ++at) {
        const char c = text[at];
        if (inside_string && c == '\\') ++at;
        else if (c == '"') inside_string = !inside_string;
        else if (!inside_string && c == '{') ++depth;
        else if (!inside_string && c == '}' && --depth == 0) return at + 1;
    }
    return std::string_view::npos;
}

/// JSON as it was meant: in strings, control characters and backslashes that begin no escape are escaped.
AHA_INLINE std::string repaired_json(std::string_view text) {
    const auto is_hex = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    const auto begins_escape = [&](std::size_t at) {
        const std::string_view rest = text.substr(at + 1);
        if (rest.empty()) return false;
        if (rest[0] != 'u') return std::string_view{"\"\\/bfnrt"}.find(rest[0]) != std::string_view::npos;
        return rest.size() >= 5 && std::all_of(rest.begin() + 1, rest.begin() + 5, is_hex);
    };
    std::string made;
    bool inside_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '"') inside_string = !inside_string;
        if (inside_string && c == '\\') {
            made += c;
            if (begins_escape(at)) made += text[++at];
            else made += '\\';
        } else if (inside_string && static_cast<unsigned char>(c) < 0x20) {
            made += json(std::string{c}).dump().substr(1);
            made.pop_back();
        } else {
            made += c;
        }
    }
    return made;
}

AHA_INLINE std::vector<json> json_objects(std::string_view text) {
    std::vector<json> objects;
    for (std::size_t at = 0; (at = text.find('{', at)) != std::string_view::npos;) {
        const std::size_t first = text.find_first_not_of(white_space, at + 1);
        if (first == std::string_view::npos || (text[first] != '"' && text[first] != '}')) {
            ++at;  // a brace of prose or of a formula
            continue;
        }
        const std::size_t end = object_end(text, at);
        if (end == std::string_view::npos) break;
        try {
            objects.push_back(parse_strict_json<json>(repaired_json(text.substr(at, end - at)), "a verdict"));
        } catch (const error&) {
            // Not JSON after all: it says nothing, and neither does what stands inside.
        }
        at = end;
    }
    return objects;
}

AHA_INLINE std::optional<std::string_view> said_after_thoughts(std::string_view reply) {
    constexpr std::string_view think = "<think>", think_end = "</think>";
    if (const std::size_t end = reply.find(think_end); end != std::string_view::npos)
        return reply.substr(end + think_end.size());
    if (trimmed(reply).starts_with(think)) return std::nullopt;
    return reply;
}

AHA_INLINE std::vector<json> objects_with(std::string_view reply, std::string_view key) {
    const auto said = said_after_thoughts(reply);
    if (!said) return {};
    const std::string valid = utf8::replace_invalid(*said), name{key}, quoted = '"' + name + '"';
    std::vector<json> objects = json_objects(valid);
    std::erase_if(objects, [&](const json& one) { return !one.contains(name); });
    std::size_t times = 0;
    for (std::size_t at = 0; (at = valid.find(quoted, at)) != std::string::npos; at += quoted.size()) ++times;
    if (times != objects.size()) return {};
    return objects;
}

/// A member that is a text; "" if there is none.
AHA_INLINE std::string text_member(const json& object, const char* key) {
    return object.contains(key) && object.at(key).is_string() ? object.at(key).get<std::string>() : "";
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE std::optional<reference_verdict> read_reference_verdict(std::string_view reply) {
    std::optional<reference_verdict> verdict;
    for (const json& said : detail::objects_with(reply, "correctness")) {
        std::string word{detail::trimmed(detail::text_member(said, "correctness"))};
        for (char& c : word)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (word != "correct" && word != "incorrect") return std::nullopt;
        const bool correct = word == "correct";
        if (verdict && verdict->correct != correct) return std::nullopt;
        verdict = {correct, detail::text_member(said, "analysis")};
    }
    return verdict;
}

AHA_INLINE std::optional<int> read_pairwise_verdict(std::string_view reply) {
    static constexpr std::array<std::pair<std::string_view, int>, 5> verdicts{
        {{"[[A>>B]]", 2}, {"[[A>B]]", 1}, {"[[A=B]]", 0}, {"[[B>A]]", -1}, {"[[B>>A]]", -2}}};
    const auto said = detail::said_after_thoughts(reply);
    if (!said) return std::nullopt;
    std::optional<int> verdict;
    for (const auto& [text, value] : verdicts) {
        if (said->find(text) == std::string_view::npos) continue;
        if (verdict) return std::nullopt;
        verdict = value;
    }
    return verdict;
}

AHA_INLINE std::optional<rubric_verdict> read_rubric_verdict(std::string_view reply,
                                                             std::span<const criterion> rubric) {
    std::optional<rubric_verdict> verdict;
    for (const json& said : detail::objects_with(reply, "points")) {
        const json& given = said.at("points");
        if (!given.is_object() || given.size() != rubric.size()) return std::nullopt;
        std::vector<double> points;
        for (const criterion& one : rubric) {
            const auto found = given.find(one.name);
            if (found == given.end() || !found->is_number()) return std::nullopt;
            points.push_back(found->get<double>());
            if (!(points.back() >= 0 && points.back() <= one.points)) return std::nullopt;
        }
        if (verdict && verdict->points != points) return std::nullopt;
        verdict = {std::move(points), detail::text_member(said, "analysis")};
    }
    return verdict;
}

}  // namespace aha
