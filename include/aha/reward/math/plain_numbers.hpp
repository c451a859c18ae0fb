#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <aha/reward/characters.hpp>
#include <aha/reward/math/formula_spans.hpp>

namespace aha::math::detail {

/// A number or arithmetic in plain text.
struct plain_span {
    std::string text{};
    bool arithmetic = false;
    bool percent = false;
    std::size_t end = 0;
};

/// Finds numbers and arithmetic in plain text: at the beginning, behind white space or behind "=".
class plain_numbers {
public:
    plain_numbers(std::string_view text, bool as_math_verify) : text_{text}, as_math_verify_{as_math_verify} {}

    /// Whether something that is found may begin here.
    bool may_begin(std::size_t at) const { return at == 0 || is_blank(text_[at]) || text_[at] == '='; }

    /// Arithmetic that begins at `at`, with the sign before it.
    std::optional<plain_span> arithmetic_at(std::size_t at) const {
        const std::size_t begin = start(at);
        if (begin == npos) return std::nullopt;
        if (std::optional<plain_span> found = arithmetic(begin)) return found;
        return at == 0 ? arithmetic(behind_stars(0)) : std::nullopt;
    }

    /// A number that begins at `at`, with the sign before it.
    std::optional<plain_span> number_at(std::size_t at) const {
        const std::size_t begin = start(at);
        if (begin != npos)
            if (std::optional<plain_span> found = number(behind_currency(begin))) return found;
        return at == 0 ? number(behind_currency(behind_stars(0))) : std::nullopt;
    }

private:
    static constexpr std::size_t npos = std::string_view::npos;

    char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
    static bool digit(char c) { return aha::detail::is_digit(c); }
    std::size_t behind_stars(std::size_t i) const { return text_.substr(i).starts_with("**") ? i + 2 : i; }

    std::size_t start(std::size_t i) const {
        if (i < text_.size() && (is_blank(text_[i]) || text_[i] == '=')) return behind_stars(i + 1);
        return i == 0 ? behind_stars(0) : npos;
    }

    std::size_t behind_currency(std::size_t i) const {
        for (const std::string_view one : {"$", "\u20ac", "\u00a3", "\u00a5", "\u20b9", "\u20bd", "\u20a9", "\u20bf"})
            if (text_.substr(i).starts_with(one)) return i + one.size();
        return i;
    }

    std::optional<plain_span> number(std::size_t begin) const {
        if (begin > 0 && digit(text_[begin - 1])) return std::nullopt;
        std::size_t i = begin + (at(begin) == '-' ? 1 : 0);
        const std::size_t first = i;
        while (digit(at(i))) ++i;
        plain_span found;
        if (i == first) {  // .5
            if (begin != first || at(i) != '.' || !digit(at(i + 1))) return std::nullopt;
            for (++i; digit(at(i));) ++i;
            found.text = "0" + std::string{text_.substr(begin, i - begin)};
        } else {
            const std::size_t size = i - first;
            std::string all{text_.substr(begin, i - begin)};
            const auto group = [&](std::size_t j) {
                return (at(j) == ',' || at(j) == ' ') && digit(at(j + 1)) && digit(at(j + 2)) && digit(at(j + 3));
            };
            bool grouped = false;
            if (size <= 3 && text_[first] != '0')
                for (; group(i) && (as_math_verify_ || !digit(at(i + 4))); i += 4)
                    all += text_.substr(i + 1, 3), grouped = true;
            if ((at(i) == '.' || (at(i) == ',' && !grouped)) && digit(at(i + 1))) {
                all += '.';
                for (++i; digit(at(i)); ++i) all += text_[i];
            }
            found.text = std::move(all);
        }
        const std::size_t behind = formula_spans{text_}.behind_percent(i, false);
        found.percent = behind != i;
        found.end = behind;
        return found;
    }

    static bool is_operator(char c) { return std::string_view{"+-*/^()"}.find(c) != std::string_view::npos; }

    /// The size of an arithmetic character at `i`, 0 for another; `sign` says whether it is an operator.
    std::size_t character(std::size_t i, bool& sign) const {
        const char c = at(i);
        sign = false;
        if (i >= text_.size()) return 0;
        if (digit(c) || c == '.' || is_blank(c)) return 1;
        sign = is_operator(c);
        if (sign) return 1;
        if (text_.substr(i).starts_with("\u00d7") || text_.substr(i).starts_with("\u00f7")) return sign = true, 2;
        return 0;
    }

    bool suffix(std::size_t i) const {
        i = behind_stars(i);
        const char c = at(i);
        return i >= text_.size() || c == '.' || c == ',' || c == ':' || is_blank(c) || c == ')' || c == '$';
    }

    std::optional<plain_span> arithmetic(std::size_t begin) const {
        std::size_t i = begin;
        if (at(i) == '-') ++i;
        if (at(i) == '(') ++i;
        if (at(i) == '-') ++i;
        if (!digit(at(i))) return std::nullopt;
        std::size_t last_sign = npos, end = ++i;
        bool sign = false;
        for (std::size_t size = character(i, sign); size > 0; size = character(i, sign)) {
            i += size;
            end = i;
        }
        // the longest part with a sign that something follows, and one of the endings behind it
        for (; end > begin + 1; --end) {
            if (!suffix(end)) continue;
            last_sign = npos;
            for (std::size_t j = end - 1; j-- > begin + 1;)
                if (is_operator(text_[j]) || (static_cast<unsigned char>(text_[j]) >= 0x80)) {
                    last_sign = j;
                    break;
                }
            if (last_sign == npos) return std::nullopt;
            break;
        }
        if (end <= begin + 1) return std::nullopt;
        plain_span found{.text = std::string{text_.substr(begin, end - begin)}, .arithmetic = true};
        found.end = std::min(end + 1, text_.size());
        return found;
    }

    std::string_view text_;
    bool as_math_verify_;
};

}  // namespace aha::math::detail
