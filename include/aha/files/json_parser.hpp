#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <locale>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/files/utf8.hpp>

namespace aha::detail {

/// Which numbers JSON may hold.
enum class json_numbers {
    standard,   ///< RFC 8259's that are finite as doubles
    as_python,  ///< NaN, Infinity and -Infinity too, and infinities for what is too large: what Python's json reads
};

/// What becomes of an integer of more than 64 bits, which Python reads exactly and no value of ours can hold.
enum class wide_integers {
    refused,  ///< an error
    rounded,  ///< the nearest double
};

/// What `parse_json` takes.
struct json_parser_options {
    int max_depth = 64;  ///< a more deeply nested value is an error; at most 1000, for values are read by recursion
    json_numbers numbers = json_numbers::as_python;          ///< which there may be
    wide_integers wide = wide_integers::refused;             ///< what becomes of them
    std::string_view early_end = "the text ends too early";  ///< what is said where a value has no end

    void validate() const {
        require(max_depth > 0 && max_depth <= 1000, "max_depth must be between 1 and 1000, not ", max_depth);
    }
};

/// Reads one JSON value (RFC 8259), by default as Python's json does: NaN, Infinity and -Infinity are numbers, and one
/// too large for a double is infinite. Not as Python: an integer of more than 64 bits, half of a surrogate pair and a
/// key given twice are errors, for no value of ours could hold what was written.
///
/// In time and memory linear in the text, for any text, but for the sorting of an object's keys.
template <class Json>
class json_parser {
public:
    /// @param where what messages begin with
    json_parser(std::string_view text, const std::string& where, const json_parser_options& options)
        : text_{text}, where_{where}, options_{options} {}

    /// The value that is the whole text.
    Json parse() {
        options_.validate();
        Json value = read_value(0);
        skip_blanks();
        if (at_ < text_.size()) wrong(at_, shown(), " after the end of the value");
        return value;
    }

private:
    template <class... Parts>
    [[noreturn]] void wrong(std::size_t at, const Parts&... parts) const {
        fail(where_, ": not valid JSON at byte ", at + 1, ": ", parts...);
    }

    [[noreturn]] void early_end() const { wrong(text_.size(), options_.early_end); }

    /// What stands here, for a message.
    std::string shown() const {
        const auto byte = static_cast<unsigned char>(text_[at_]);
        if (byte > 0x20 && byte < 0x7F) return std::string{"'"} + text_[at_] + "'";
        if (byte == 0) return "a byte of 0";
        const utf8::unit unit = utf8::unit_at(text_, at_);
        if (unit.code == 0xFEFF) return "a byte order mark";
        if (unit.valid && unit.code > 0xA0) return "'" + std::string{text_.substr(at_, unit.size)} + "'";
        return hex("the byte 0x", byte, 2);
    }

    static std::string hex(std::string text, unsigned value, int digits) {
        for (int i = digits - 1; i >= 0; --i) text += "0123456789abcdef"[(value >> (4 * i)) & 15U];
        return text;
    }

    void skip_blanks() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }

    /// The next byte that is no blank, which is not taken.
    char peek() {
        skip_blanks();
        if (at_ == text_.size()) early_end();
        return text_[at_];
    }

    bool take(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) return false;
        at_ += word.size();
        return true;
    }

    Json read_value(int depth) {
        const char first = peek();
        switch (first) {
            case '"': return Json(read_string());
            case '{':
            case '[':
                if (depth == options_.max_depth)
                    fail(where_, ": JSON nested deeper than ", options_.max_depth, " levels");
                return first == '{' ? read_object(depth + 1) : read_array(depth + 1);
            case 't':
                if (take("true")) return Json(true);
                break;
            case 'f':
                if (take("false")) return Json(false);
                break;
            case 'n':
                if (take("null")) return Json(nullptr);
                break;
            case 'N':
                if (python() && take("NaN")) return Json(std::numeric_limits<double>::quiet_NaN());
                break;
            case 'I':
                if (python() && take("Infinity")) return Json(std::numeric_limits<double>::infinity());
                break;
            case '-':
                if (python() && take("-Infinity")) return Json(-std::numeric_limits<double>::infinity());
                return read_number();
            default:
                if (is_digit(at_)) return read_number();
        }
        const std::string_view rest = text_.substr(at_);
        for (const std::string_view word : {"true", "false", "null", "NaN", "Infinity"})
            if (word.starts_with(rest)) early_end();
        wrong(at_, shown(), " where a value belongs");
    }

    Json read_array(int depth) {
        ++at_;
        Json value = Json::array();
        auto& list = value.template get_ref<typename Json::array_t&>();
        if (peek() == ']') {
            ++at_;
            return value;
        }
        for (;;) {
            list.push_back(read_value(depth));
            const char next = peek();
            if (next != ',' && next != ']') wrong(at_, shown(), " where a comma or the list's end belongs");
            ++at_;
            if (next == ']') return value;
        }
    }

    Json read_object(int depth) {
        ++at_;
        std::vector<std::pair<std::string, Json>> members;
        if (peek() == '}') ++at_;
        else
            for (char next = ','; next == ',';) {
                if (peek() != '"') wrong(at_, shown(), " where a key in double quotes belongs");
                std::string key = read_string();
                if (peek() != ':') wrong(at_, shown(), " where the colon after a key belongs");
                ++at_;
                members.emplace_back(std::move(key), read_value(depth));
                next = peek();
                if (next != ',' && next != '}') wrong(at_, shown(), " where a comma or the object's end belongs");
                ++at_;
            }
        check_keys(members);
        return object_of(members);
    }

    /// Puts members with different keys into an object without a search for each, which an ordered one would make
    /// through all that are there.
    static Json object_of(std::vector<std::pair<std::string, Json>>& members) {
        Json value = Json::object();
        auto& object = value.template get_ref<typename Json::object_t&>();
        if constexpr (requires { object.reserve(members.size()); }) {
            object.reserve(members.size());
            for (auto& [key, member] : members) object.emplace_back(std::move(key), std::move(member));
        } else {
            for (auto& [key, member] : members) object.emplace(std::move(key), std::move(member));
        }
        return value;
    }

    void check_keys(const std::vector<std::pair<std::string, Json>>& members) const {
        const auto refuse = [&](std::string_view key) {
            fail(where_, ": the key ", shown_name(key), " is given twice");
        };
        if (members.size() <= 8) {
            for (std::size_t i = 1; i < members.size(); ++i)
                for (std::size_t j = 0; j < i; ++j)
                    if (members[i].first == members[j].first) refuse(members[i].first);
            return;
        }
        std::vector<std::pair<std::size_t, std::string_view>> keys;  // by their hashes, which are fast to compare
        keys.reserve(members.size());
        for (const auto& member : members) keys.emplace_back(std::hash<std::string_view>{}(member.first), member.first);
        std::sort(keys.begin(), keys.end());
        const auto twice = std::adjacent_find(keys.begin(), keys.end());
        if (twice != keys.end()) refuse(twice->second);
    }

    std::string read_string() {
        ++at_;
        std::string value;
        for (;;) {
            const std::size_t from = at_;
            while (at_ < text_.size() && plain[static_cast<unsigned char>(text_[at_])]) ++at_;
            value.append(text_, from, at_ - from);
            if (at_ == text_.size()) early_end();
            const auto byte = static_cast<unsigned char>(text_[at_]);
            if (byte == '"') break;
            if (byte == '\\') {
                read_escape(value);
            } else if (byte < 0x20) {
                wrong(at_, shown(), " in a text, where it must be written as an escape");
            } else {
                const utf8::unit unit = utf8::unit_at(text_, at_);
                if (!unit.valid) wrong(at_, hex("the byte 0x", byte, 2), ", which is not UTF-8");
                value.append(text_, at_, unit.size);
                at_ += unit.size;
            }
        }
        ++at_;
        return value;
    }

    /// Appends what an escape stands for.
    void read_escape(std::string& value) {
        const std::size_t start = at_;
        if (++at_ == text_.size()) early_end();
        const char kind = text_[at_++];
        switch (kind) {
            case '"':
            case '\\':
            case '/': value += kind; return;
            case 'b': value += '\b'; return;
            case 'f': value += '\f'; return;
            case 'n': value += '\n'; return;
            case 'r': value += '\r'; return;
            case 't': value += '\t'; return;
            case 'u': break;
            default: wrong(start, "an escape that JSON does not have");
        }
        const char32_t unit = read_hex(start);
        if (unit < 0xD800 || unit > 0xDFFF) {
            value += utf8::encode(unit);
            return;
        }
        if (unit < 0xDC00 && take("\\u")) {
            const char32_t low = read_hex(at_ - 2);
            if (low >= 0xDC00 && low <= 0xDFFF) {
                value += utf8::encode(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
                return;
            }
        }
        fail(where_, ": ", hex("\\u", static_cast<unsigned>(unit), 4), " at byte ", start + 1,
             " is half of a surrogate pair, which is no character: no text in UTF-8 and so no tokenizer can take it");
    }

    char32_t read_hex(std::size_t start) {
        unsigned value = 0;
        const std::string_view digits = text_.substr(at_, 4);
        const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (end == text_.data() + text_.size() && digits.size() < 4) early_end();
        if (problem != std::errc{} || end != digits.data() + 4) wrong(start, "\\u without its four hexadecimal digits");
        at_ += 4;
        return value;
    }

    bool python() const { return options_.numbers == json_numbers::as_python; }

    bool is_digit(std::size_t at) const { return at < text_.size() && text_[at] >= '0' && text_[at] <= '9'; }

    void skip_digits() {
        if (at_ == text_.size()) early_end();
        if (!is_digit(at_)) wrong(at_, shown(), " where a digit belongs");
        while (is_digit(at_)) ++at_;
    }

    Json read_number() {
        const std::size_t start = at_;
        const bool negative = take("-");
        if (is_digit(at_) && text_[at_] == '0' && is_digit(at_ + 1)) wrong(at_, "a number that begins with 0");
        skip_digits();
        bool whole = true;
        if (take(".")) {
            whole = false;
            skip_digits();
        }
        if (take("e") || take("E")) {
            whole = false;
            if (!take("+")) take("-");
            skip_digits();
        }
        const std::string_view digits = text_.substr(start, at_ - start);
        if (!whole) return real(digits);
        return negative ? integer<std::int64_t>(digits) : integer<std::uint64_t>(digits);
    }

    template <class Integer>
    Json integer(std::string_view digits) const {
        Integer value = 0;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc{}) return Json(value);
        if (options_.wide == wide_integers::rounded) return real(digits);
        fail(where_, ": the integer ", shown_digits(digits),
             " has more than 64 bits: write it as a text, or with a decimal point if it may be rounded");
    }

    static std::string shown_digits(std::string_view digits) {
        return std::string{digits.substr(0, 40)} + (digits.size() > 40 ? "..." : "");
    }

    /// The double nearest to `digits`, which may be infinite or 0.
    Json real(std::string_view digits) const {
        double value = 0;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc{}) {
            std::istringstream slow{std::string{digits}};  // tells too large from too small
            slow.imbue(std::locale::classic());
            slow >> value;
            if (slow.fail()) value *= 2;  // it gives the largest finite number where there is none
        }
        if (!std::isfinite(value) && !python())
            fail(where_, ": not valid JSON: the number ", shown_digits(digits), " is too large");
        return Json(value);
    }

    /// Bytes of a text that stand for themselves.
    static constexpr std::array<bool, 256> plain = [] {
        std::array<bool, 256> table{};
        for (std::size_t byte = 0x20; byte < 0x80; ++byte) table[byte] = byte != '"' && byte != '\\';
        return table;
    }();

    std::string_view text_;
    const std::string& where_;
    json_parser_options options_;
    std::size_t at_ = 0;
};

/// The JSON value that `text` is. Throws `aha::error` that begins with `where`.
template <class Json = json>
Json parse_json(std::string_view text, const std::string& where, const json_parser_options& options = {}) {
    return json_parser<Json>{text, where, options}.parse();
}

}  // namespace aha::detail
