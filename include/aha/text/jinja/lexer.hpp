#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/files/utf8.hpp>
#include <aha/text/jinja/characters.hpp>
#include <aha/text/jinja/value.hpp>

/// Templates cut into tokens, with white space controlled as transformers sets Jinja up: `trim_blocks` (a line end
/// after a block or comment goes) and `lstrip_blocks` (spaces before a block or comment that begins its line go).
namespace aha::detail::jinja {

enum class token_kind {
    data,
    output_begin,
    output_end,
    block_begin,
    block_end,
    name,
    text,
    integer,
    real,
    symbol,
    end
};

struct token {
    token_kind kind = token_kind::end;
    std::string text;  ///< of data and strings: their content
    int line = 1;
};

/// A problem of the template's text, with its line.
[[noreturn]] inline void syntax_problem(int line, const std::string& what) {
    throw template_problem{"line " + std::to_string(line) + ": " + what};
}

class lexer {
public:
    explicit lexer(std::string_view source) : source_{replace_all(replace_all(source, "\r\n", "\n"), "\r", "\n")} {
        if (source_.ends_with('\n')) source_.pop_back();
    }

    std::vector<token> run() {
        while (at_ < source_.size()) {
            const std::size_t begin = next_tag();
            if (begin == std::string::npos) {
                emit_data(source_.substr(at_));
                break;
            }
            const char kind = source_[begin + 1];
            const char sign = sign_at(begin + 2);
            emit_data(before_tag(source_.substr(at_, begin - at_), kind, sign));
            line_ += count_lines(at_, begin);
            at_ = begin + 2 + (sign ? 1 : 0);
            if (kind == '#') skip_comment();
            else if (kind == '{') inside_tag(token_kind::output_begin, token_kind::output_end, "}}");
            else if (!raw_block()) inside_tag(token_kind::block_begin, token_kind::block_end, "%}");
        }
        tokens_.push_back({token_kind::end, "", line_});
        return std::move(tokens_);
    }

private:
    char peek(std::size_t offset = 0) const { return at_ + offset < source_.size() ? source_[at_ + offset] : '\0'; }
    std::string_view rest() const { return std::string_view{source_}.substr(at_); }
    char sign_at(std::size_t at) const {
        return at < source_.size() && (source_[at] == '-' || source_[at] == '+') ? source_[at] : '\0';
    }
    int count_lines(std::size_t from, std::size_t to) const {
        return static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(from),
                                           source_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
    }

    std::size_t next_tag() const {
        for (std::size_t at = at_; (at = source_.find('{', at)) != std::string::npos; ++at)
            if (at + 1 < source_.size() && std::string_view{"%#{"}.find(source_[at + 1]) != std::string_view::npos)
                return at;
        return std::string::npos;
    }

    /// Data as it stands before a tag of `kind` that was written with `sign`.
    std::string before_tag(std::string data, char kind, char sign) const {
        if (sign == '-') return std::string{trim_right(data)};
        if (sign == '+' || kind == '{') return data;
        const std::size_t line_begin = data.rfind('\n') + 1;  // 0 if there is none
        if ((line_begin > 0 || at_line_begin_) && trim_left(std::string_view{data}.substr(line_begin)).empty())
            data.resize(line_begin);
        return data;
    }

    void emit_data(std::string data) {
        if (!data.empty()) tokens_.push_back({token_kind::data, std::move(data), line_});
    }

    void advance(std::size_t size) {
        line_ += count_lines(at_, at_ + size);
        at_ += size;
    }

    /// Goes past a tag's end at `close`, and past the white space that goes with it.
    void leave_tag(std::size_t close, bool stripped, bool trims) {
        advance(close + 2 - at_);
        std::size_t space = 0;
        if (stripped) space = leading(rest(), is_space);
        else if (trims && peek() == '\n') space = 1;
        at_line_begin_ = space > 0 && source_[at_ + space - 1] == '\n';
        advance(space);
    }

    void skip_comment() {
        const std::size_t close = source_.find("#}", at_);
        if (close == std::string::npos) syntax_problem(line_, "a comment {# is never closed");
        const char sign = close > at_ ? sign_at(close - 1) : '\0';
        leave_tag(close, sign == '-', sign == '\0');
    }

    /// `{% raw %}...{% endraw %}`: the text between is data.
    bool raw_block() {
        const auto tag_end = [&](std::size_t from,
                                 std::string_view word) -> std::pair<std::size_t, bool> {  // close, stripped
            std::size_t at = from + leading(std::string_view{source_}.substr(from), is_space);
            if (source_.compare(at, word.size(), word) != 0) return {std::string::npos, false};
            at += word.size();
            at += leading(std::string_view{source_}.substr(at), is_space);
            const char sign = sign_at(at);
            if (sign) ++at;
            return {source_.compare(at, 2, "%}") == 0 ? at : std::string::npos, sign == '-'};
        };
        const auto [open, open_stripped] = tag_end(at_, "raw");
        if (open == std::string::npos) return false;
        leave_tag(open, open_stripped, false);
        for (std::size_t begin = at_; (begin = source_.find("{%", begin)) != std::string::npos; ++begin) {
            const char sign = sign_at(begin + 2);
            const auto [close, close_stripped] = tag_end(begin + 2 + (sign ? 1 : 0), "endraw");
            if (close == std::string::npos) continue;
            emit_data(before_tag(source_.substr(at_, begin - at_), '%', sign));
            leave_tag(close, close_stripped, source_[close - 1] != '+');
            return true;
        }
        syntax_problem(line_, "{% raw %} is never closed");
    }

    void inside_tag(token_kind begin, token_kind end, std::string_view close) {
        tokens_.push_back({begin, "", line_});
        const int first_line = line_;
        std::string open_brackets;
        for (;;) {
            advance(leading(rest(), is_space));
            if (at_ >= source_.size()) syntax_problem(first_line, "a tag is never closed");
            if (open_brackets.empty()) {
                const bool may_sign = peek() == '-' || (peek() == '+' && close == "%}");
                if (rest().substr(may_sign ? 1 : 0).starts_with(close)) {
                    tokens_.push_back({end, "", line_});
                    return leave_tag(at_ + (may_sign ? 1 : 0), peek() == '-', close == "%}" && peek() != '+');
                }
            }
            word(open_brackets);
        }
    }

    void word(std::string& open_brackets) {
        const auto in_name = [](std::uint32_t code) {
            return (code >= 0x80 && !is_space(code)) || code == '_' || is_ascii_letter(static_cast<char>(code)) ||
                   is_ascii_digit(static_cast<char>(code));
        };
        if (is_ascii_digit(peek())) return number();
        if (peek() == '"' || peek() == '\'') return quoted_text();
        if (const std::size_t size = leading(rest(), in_name)) {
            tokens_.push_back({token_kind::name, source_.substr(at_, size), line_});
            return advance(size);
        }
        symbol(open_brackets);
    }

    /// 0x1f, 0o17 or 0b11.
    bool based_number() {
        const char letter = peek() == '0' ? ascii_lower(peek(1)) : '\0';
        const std::string_view known = letter == 'x'   ? "0123456789abcdefABCDEF"
                                       : letter == 'o' ? "01234567"
                                       : letter == 'b' ? "01"
                                                       : "";
        std::string digits;
        std::size_t size = 2;
        for (; !known.empty(); ++size) {
            const std::size_t at = size + (peek(size) == '_' ? 1 : 0);
            if (peek(at) == '\0' || known.find(peek(at)) == std::string_view::npos) break;
            digits += peek(at);
            size = at;
        }
        if (digits.empty()) return false;
        tokens_.push_back({token_kind::integer, source_.substr(at_, 2) + digits, line_});
        advance(size);
        return true;
    }

    void number() {
        if (based_number()) return;
        const auto digit = [](std::uint32_t code) { return code == '_' || (code >= '0' && code <= '9'); };
        std::size_t size = leading(rest(), digit);
        bool real = false;
        const bool member = !tokens_.empty() && tokens_.back().kind == token_kind::symbol && tokens_.back().text == ".";
        if (!member && peek(size) == '.' && is_ascii_digit(peek(size + 1))) {
            real = true;
            size += 1 + leading(rest().substr(size + 1), digit);
        }
        if (peek(size) == 'e' || peek(size) == 'E') {
            const std::size_t sign = peek(size + 1) == '+' || peek(size + 1) == '-' ? 1 : 0;
            if (is_ascii_digit(peek(size + 1 + sign))) {
                real = true;
                size += 1 + sign + leading(rest().substr(size + 1 + sign), digit);
            }
        }
        const std::string_view digits = rest().substr(0, size);
        const bool led_by_zero =
            !real && digits.find_first_not_of("0_") != std::string_view::npos && digits.front() == '0';
        if (led_by_zero || digits.find("__") != std::string_view::npos || digits.back() == '_')
            syntax_problem(line_, "\"" + std::string{digits} + "\" is not a number");
        tokens_.push_back({real ? token_kind::real : token_kind::integer, replace_all(digits, "_", ""), line_});
        advance(size);
    }

    void quoted_text() {
        const char quote = peek();
        std::string content;
        std::size_t at = at_ + 1;
        for (; at < source_.size() && source_[at] != quote;) {
            if (source_[at] == '\\' && at + 1 < source_.size()) at += unescape(at, content);
            else content += source_[at++];
        }
        if (at >= source_.size()) syntax_problem(line_, "a string is never closed");
        tokens_.push_back({token_kind::text, std::move(content), line_});
        advance(at + 1 - at_);
    }

    /// Appends what the escape at `at` stands for, as in Python; returns its size.
    std::size_t unescape(std::size_t at, std::string& content) const {
        const char letter = source_[at + 1];
        constexpr std::string_view letters = "ntrabfv0\\'\"\n";
        const auto digits = [&](std::size_t from, std::size_t count, int base) -> std::size_t {
            const std::string text = source_.substr(from, count);
            std::size_t used = 0;
            const unsigned long code =
                text.empty() || !std::isxdigit(static_cast<unsigned char>(text[0])) ? 0 : std::stoul(text, &used, base);
            if ((base == 16 && used != count) || code > 0x10FFFF)
                syntax_problem(line_, "an escape in a string is not complete");
            content += utf8::encode(static_cast<char32_t>(code));
            return from + used - at;
        };
        if (letter >= '0' && letter <= '7') return digits(at + 1, 3, 8);
        if (letter == 'x') return digits(at + 2, 2, 16);
        if (letter == 'u') return digits(at + 2, 4, 16);
        if (letter == 'U') return digits(at + 2, 8, 16);
        if (letter == 'N') syntax_problem(line_, "\\N{...} in a string is not supported");
        const std::size_t known = letters.find(letter);
        if (known == std::string_view::npos) (content += '\\') += letter;  // Python keeps what it does not know
        else if (letter != '\n') content += std::string_view{"\n\t\r\a\b\f\v\0\\'\"", 11}[known];
        return 2;
    }

    void symbol(std::string& open_brackets) {
        constexpr std::string_view pairs[] = {"//", "**", "==", "!=", ">=", "<="};
        std::size_t size = 1;
        for (const std::string_view pair : pairs)
            if (rest().starts_with(pair)) size = 2;
        const char c = peek();
        if (size == 1 && std::string_view{"+-/*%~[](){}><=.:|,;"}.find(c) == std::string_view::npos)
            syntax_problem(line_, "the character " + quote(rest().substr(0, character_at(rest(), 0).size)) +
                                      " has no meaning here");
        if (size == 1 && std::string_view{"([{"}.find(c) != std::string_view::npos)
            open_brackets += c == '(' ? ')' : c == '[' ? ']' : '}';
        if (size == 1 && std::string_view{")]}"}.find(c) != std::string_view::npos) {
            if (open_brackets.empty() || open_brackets.back() != c)
                syntax_problem(line_, std::string{"a "} + c + " too many");
            open_brackets.pop_back();
        }
        tokens_.push_back({token_kind::symbol, source_.substr(at_, size), line_});
        advance(size);
    }

    static std::string quote(std::string_view text) { return "\"" + std::string{text} + "\""; }

    std::string source_;
    std::vector<token> tokens_;
    std::size_t at_ = 0;
    int line_ = 1;
    bool at_line_begin_ = true;
};

}  // namespace aha::detail::jinja
