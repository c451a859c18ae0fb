#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/reward/characters.hpp>

namespace aha::math::detail {

inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

/// A formula between its signs, "$x$".
struct formula_span {
    std::string_view inside{};
    bool percent = false;
    std::size_t end = 0;  ///< behind all of it
};

/// Finds formulas in a text.
class formula_spans {
public:
    explicit formula_spans(std::string_view text) : text_{text} {}

    /// One or more formulas that begin at `at`, joined by "and", "or" or commas; empty if none does.
    std::vector<formula_span> group_at(std::size_t at, bool boxed) {
        std::vector<formula_span> all;
        std::optional<formula_span> next = span_at(at, boxed);
        while (next) {
            all.push_back(*next);
            if (all.size() == 6) break;
            next = following(all.back().end, boxed);
        }
        return all;
    }

    std::size_t skip_blanks(std::size_t at) const {
        while (at < text_.size() && is_blank(text_[at])) ++at;
        return at;
    }

    /// Behind a percent sign or a word for it, before which white space may stand; `at` if there is none.
    std::size_t behind_percent(std::size_t at, bool backslash) const {
        const std::size_t next = skip_blanks(at);
        const std::string_view rest = text_.substr(next);
        for (const std::string_view one : {"\\%", "%", "percentage", "Percentage", "percent", "Percent", "pct", "Pct"})
            if (rest.starts_with(one) && (backslash || one != "\\%")) return next + one.size();
        return at;
    }

private:
    std::optional<formula_span> following(std::size_t at, bool boxed) {
        at = skip_blanks(at);
        for (const std::string_view word : {",and", "and", ",or", "or", ","})
            if (text_.substr(at).starts_with(word))
                if (std::optional<formula_span> next = span_at(skip_blanks(at + word.size()), boxed)) return next;
        return std::nullopt;
    }

    std::optional<formula_span> span_at(std::size_t at, bool boxed) {
        if (at >= text_.size()) return std::nullopt;
        const std::string_view rest = text_.substr(at);
        const char before = at > 0 ? text_[at - 1] : '\0';
        std::optional<formula_span> found;
        if (rest[0] == '$') {
            if (rest.starts_with("$$") && before != '\\') found = between(at, 2, "$$", false, boxed);
            if (!found && before != '\\' && !aha::detail::is_digit(before)) found = between(at, 1, "$", true, boxed);
        } else if (rest[0] == '\\') {
            if (rest.starts_with("\\[") && before != '\\') found = between(at, 2, "\\]", false, boxed);
            if (rest.starts_with("\\(") && before != '\\') found = between(at, 2, "\\)", true, boxed);
            if (!boxed && !found) found = plain_fraction(at);
        } else if (rest[0] == '-') {
            if (!boxed) found = plain_fraction(at);
        } else if (is_blank(rest[0]) && rest.size() > 1 && rest[1] == '[') {
            found = brackets(at, boxed);
        }
        if (!found) return std::nullopt;
        const std::size_t behind = behind_percent(found->end, true);
        found->percent = behind != found->end;
        found->end = found->percent ? behind : skip_blanks(found->end);
        return found;
    }

    static bool holds_box(std::string_view inside) {
        const std::size_t box = inside.find("\\boxed{");
        return box != std::string_view::npos && inside.find('}', box + 8) != std::string_view::npos;
    }

    /// What stands between an opening of `size` characters at `at` and the next `close` that no backslash escapes.
    std::optional<formula_span> between(std::size_t at, std::size_t size, std::string_view close, bool one_line,
                                        bool boxed) {
        const std::size_t begin = at + size;
        for (std::size_t end = find_close(close, begin + 1);; end = find_close(close, end + 1)) {
            if (end == std::string_view::npos) return std::nullopt;
            if (one_line && line_end(begin) < end) return std::nullopt;
            if (text_[end - 1] == '\\' && (close[0] == '$' || text_[end - 1] == close[0])) continue;
            const std::string_view inside = text_.substr(begin, end - begin);
            if (boxed && !holds_box(inside)) return std::nullopt;
            return formula_span{.inside = inside, .end = end + close.size()};
        }
    }

    /// Remembers that there is none, so that unclosed formulas do not make the search quadratic.
    std::size_t find_close(std::string_view close, std::size_t from) {
        std::size_t& none = close == "$$"    ? no_display_
                            : close == "$"   ? no_inline_
                            : close == "\\]" ? no_bracket_
                                             : no_round_;
        if (from >= none) return std::string_view::npos;
        const std::size_t found = text_.find(close, from);
        if (found == std::string_view::npos) none = from;
        return found;
    }

    std::size_t line_end(std::size_t from) {
        if (from < line_from_ || from > line_end_) {
            line_from_ = from;
            line_end_ = std::min(text_.find('\n', from), text_.size());
        }
        return line_end_;
    }

    std::optional<formula_span> brackets(std::size_t at, bool boxed) const {
        for (std::size_t i = at + 2; i < text_.size(); ++i) {
            const char c = text_[i];
            if (c == '\n' || c == '[') return std::nullopt;
            if (c != ']') continue;
            if (i == at + 2 || i + 1 >= text_.size() || !is_blank(text_[i + 1])) return std::nullopt;
            const std::string_view inside = text_.substr(at + 2, i - at - 2);
            if (boxed && !holds_box(inside)) return std::nullopt;
            return formula_span{.inside = inside, .end = i + 2};
        }
        return std::nullopt;
    }

    /// -`\frac{1}{2}` without dollar signs.
    std::optional<formula_span> plain_fraction(std::size_t at) const {
        std::size_t i = at + (text_[at] == '-' ? 1 : 0);
        if (!text_.substr(i).starts_with("\\frac{")) return std::nullopt;
        i += 5;
        for (int part = 0; part < 2; ++part) {
            if (i >= text_.size() || text_[i] != '{') return std::nullopt;
            ++i;
            if (i < text_.size() && text_[i] == '-') ++i;
            const std::size_t digits = i;
            while (i < text_.size() && aha::detail::is_digit(text_[i])) ++i;
            if (i == digits) return std::nullopt;
            if (i + 1 < text_.size() && (text_[i] == '.' || text_[i] == ',') && aha::detail::is_digit(text_[i + 1]))
                for (++i; i < text_.size() && aha::detail::is_digit(text_[i]);) ++i;
            if (i >= text_.size() || text_[i] != '}') return std::nullopt;
            ++i;
        }
        return formula_span{.inside = text_.substr(at, i - at), .end = i};
    }

    std::string_view text_;
    std::size_t no_display_ = std::string_view::npos, no_inline_ = std::string_view::npos,
                no_bracket_ = std::string_view::npos, no_round_ = std::string_view::npos;
    std::size_t line_from_ = 1, line_end_ = 0;
};

}  // namespace aha::math::detail
