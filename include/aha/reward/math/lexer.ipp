#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/reward/math/lexer.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/math/names.hpp>

namespace aha::math {

namespace detail {

/// Makes tokens of a formula.
class lexer {
public:
    lexer(std::string_view formula, const lexer_options& options)
        : tightened_{tightened(formula, options.as_math_verify)},
          text_{tightened_.empty() ? formula : tightened_},
          options_{options},
          matrix_{formula.find("matrix") != std::string_view::npos || formula.find("array") != std::string_view::npos ||
                  formula.find("cases") != std::string_view::npos},
          commas_group_{commas_part_thousands(text_)} {}

    std::vector<token> all() {
        while (at_ < text_.size()) one();
        add(token_kind::end, "");
        return std::move(tokens_);
    }

private:
    static bool digit(char c) { return c >= '0' && c <= '9'; }
    static bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
    static bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    std::string_view rest() const { return text_.substr(at_); }

    void add(token_kind kind, std::string text) {
        tokens_.push_back({kind, std::move(text), spaced_});
        spaced_ = false;
    }

    /// The formula without \\! and the white space behind it and, with `plain_commas`, with {,} as a comma; empty if it
    /// has neither.
    static std::string tightened(std::string_view formula, bool plain_commas) {
        std::string all;
        plain_commas = plain_commas && formula.find('{') != std::string_view::npos;
        if (formula.find("\\!") == std::string_view::npos && !plain_commas) return all;
        for (std::size_t i = 0; i < formula.size(); ++i) {
            if (plain_commas && formula[i] == '{') {
                std::size_t end = i + 1;
                while (end < formula.size() && (blank(formula[end]) || formula[end] == ',')) ++end;
                if (formula.substr(i, end - i).find(',') != std::string_view::npos && end < formula.size() &&
                    formula[end] == '}') {
                    while (!all.empty() && blank(all.back())) all.pop_back();
                    all += ',';
                    i = end;
                    continue;
                }
            }
            if (!formula.substr(i).starts_with("\\!")) {
                all += formula[i];
                continue;
            }
            for (++i; i + 1 < formula.size() && blank(formula[i + 1]);) ++i;
        }
        return all;
    }

    /// Whether the commas of a formula part thousands: "1,234", not "1, 234", "1,23" or "(1,234)".
    bool commas_part_thousands(std::string_view formula) const {
        bool any = false;
        int depth = 0;
        for (std::size_t i = 0; i < formula.size(); ++i) {
            const char c = formula[i];
            if (c == '(' || c == '[' || c == '{') ++depth;
            if (c == ')' || c == ']' || c == '}') --depth;
            if (c == '$' || (c == '\\' && i + 1 < formula.size() && formula[i + 1] == '$')) continue;
            if (options_.as_math_verify && !digit(c) && c != ',' && c != '.' && !blank(c) && c != '-') return false;
            if (c != ',') continue;
            if (depth > 0) {  // a comma in braces is no separator of elements; one in parentheses is
                if (i > 0 && formula[i - 1] == '{' && i + 1 < formula.size() && formula[i + 1] == '}') continue;
                return false;
            }
            if (!grouped_at(formula, i)) return false;
            any = true;
        }
        return any;
    }

    /// Whether three digits and no fourth follow the separator at `i`, and digits that may be a group stand before.
    static bool grouped_at(std::string_view formula, std::size_t i) {
        std::size_t before = i;
        while (before > 0 && digit(formula[before - 1])) --before;
        const std::size_t count = i - before;
        if (count == 0 || count > 3) return false;
        const bool first = before == 0 || formula[before - 1] != ',';
        if (!first && count != 3) return false;
        if (before > 0 && (formula[before - 1] == '.' || formula[before - 1] == '_')) return false;
        const std::size_t after = i + 1;
        std::size_t digits = 0;
        while (after + digits < formula.size() && digit(formula[after + digits])) ++digits;
        return digits == 3;
    }

    void one() {
        const char c = peek();
        if (blank(c) || c == '~') {
            if (c == '~' && peek(1) == '=') return at_ += 2, add(token_kind::relation, "~");
            spaced_ = true;
            ++at_;
        } else if (digit(c) || (c == '.' && digit(peek(1)))) {
            number();
        } else if (letter(c)) {
            const std::size_t begin = at_;
            while (letter(peek())) ++at_;
            const std::string_view said = text_.substr(begin, at_ - begin);
            if (said == "percent" || said == "percentage" || said == "pct") add(token_kind::sign, "%");
            else add(token_kind::word, std::string{said});
        } else if (c == '\\') {
            backslash();
        } else if (static_cast<unsigned char>(c) >= 0x80) {
            unicode();
        } else {
            plain_sign();
        }
    }

    /// Passes over the separator of a group of three digits; false if there is none.
    bool group_separator() {
        const std::size_t begin = at_;
        std::size_t i = at_;
        const auto skip = [&] {
            while (i < text_.size() && blank(text_[i])) ++i;
        };
        const auto three = [&] {
            return i + 3 <= text_.size() && digit(text_[i]) && digit(text_[i + 1]) && digit(text_[i + 2]) &&
                   (i + 3 == text_.size() || !digit(text_[i + 3]));
        };
        skip();
        if (i < text_.size() && text_[i] == '{') {  // {,}
            ++i, skip();
            if (i < text_.size() && text_[i] == ',') {
                ++i, skip();
                if (i < text_.size() && text_[i] == '}') {
                    ++i, skip();
                    if (three()) return at_ = i, true;
                }
            }
            return false;
        }
        i = begin;
        if (commas_group_ && text_[i] == ',') {
            ++i;
            if (three()) return at_ = i, true;
            return false;
        }
        if (options_.as_math_verify) return false;
        bool space = false;
        for (;;) {
            if (i < text_.size() && (text_[i] == ' ' || text_[i] == '~')) ++i, space = true;
            else if (text_.substr(i).starts_with("\\,") || text_.substr(i).starts_with("\\ ") ||
                     text_.substr(i).starts_with("\\;") || text_.substr(i).starts_with("\\:") ||
                     text_.substr(i).starts_with("\xc2\xa0"))
                i += 2, space = true;
            else if (text_.substr(i).starts_with("\xe2\x80\xaf") || text_.substr(i).starts_with("\xe2\x80\x89"))
                i += 3, space = true;
            else break;
        }
        if (!space && text_.substr(i).starts_with("'")) ++i, space = true;
        if (!space && text_.substr(i).starts_with("\xe2\x80\x99")) i += 3, space = true;
        if (!space || !three()) return false;
        return at_ = i, true;
    }

    void number() {
        std::string digits;
        while (digit(peek())) digits += text_[at_++];
        if (!digits.empty() && digits.size() <= 3 && (tokens_.empty() || !tokens_.back().is("_")) &&
            (digits[0] != '0' || options_.as_math_verify)) {
            for (bool first = true; at_ < text_.size() && group_separator(); first = false) {
                if (first && digits == "0") digits += '.';  // 0,111
                digits += text_.substr(at_, 3);
                at_ += 3;
            }
        }
        if (peek() == '.' && digit(peek(1)) && digits.find('.') == std::string::npos) {
            digits += '.';
            ++at_;
            while (digit(peek())) digits += text_[at_++];
        }
        add(token_kind::number, std::move(digits));
    }

    void plain_sign() {
        const char c = peek();
        const char next = peek(1);
        if (c == '$') return void(++at_);
        if (c == '<' || c == '>') {
            ++at_;
            if (next != '=') return add(token_kind::relation, std::string(1, c));
            ++at_;
            return add(token_kind::relation, c == '<' ? "l" : "g");
        }
        if (c == '=') {
            at_ += next == '=' ? 2 : 1;
            return add(token_kind::relation, "=");
        }
        if (c == '!' && next == '=') return at_ += 2, add(token_kind::relation, "#");
        if (c == '*' && next == '*') return at_ += 2, add(token_kind::sign, "^");
        if ((c == '"' || c == '\'') && options_.as_math_verify) return void(++at_);
        if (c == '"' || c == '`') return void(++at_);
        ++at_;
        add(token_kind::sign, std::string(1, c));
    }

    /// The text in the braces that begin at the next character that is not blank, which it passes; nothing if there
    /// are none.
    bool braces(std::string& content) {
        std::size_t i = at_;
        while (i < text_.size() && blank(text_[i])) ++i;
        if (i >= text_.size() || text_[i] != '{') return false;
        int depth = 0;
        for (std::size_t j = i; j < text_.size(); ++j) {
            if (text_[j] == '\\') ++j;
            else if (text_[j] == '{') ++depth;
            else if (text_[j] == '}' && --depth == 0) {
                content = std::string{text_.substr(i + 1, j - i - 1)};
                at_ = j + 1;
                return true;
            }
        }
        return false;
    }

    void backslash() {
        const char next = peek(1);
        if (next == '\0') return void(++at_);
        if (next == '\\') {
            if (!matrix_ && letter(peek(2))) return void(++at_);  // a doubled backslash before a command
            at_ += 2;
            if (matrix_) return add(token_kind::sign, "\\\\");
            spaced_ = true;
            return;
        }
        if (!letter(next)) {
            at_ += 2;
            if (next == ',' || next == ';' || next == ':' || blank(next)) {
                spaced_ = true;
            } else if (next == '{' || next == '}' || next == '|') {
                add(token_kind::sign, std::string{'\\', next});
            } else if (next == '%') {
                add(token_kind::sign, "%");
            } else if (next == '$' || next == '(' || next == ')' || next == '[' || next == ']') {
                if (next == '(' || next == ')') spaced_ = true;
            } else {
                add(token_kind::sign, std::string{next});
            }
            return;
        }
        ++at_;
        const std::size_t begin = at_;
        while (letter(peek())) ++at_;
        command(text_.substr(begin, at_ - begin));
    }

    void command(std::string_view name) {
        const command_entry* const entry = find_command(name);
        for (const std::string_view space : {"quad", "qquad"})  // \quadx
            if (entry == nullptr && name.starts_with(space)) {
                at_ -= name.size() - space.size();
                return void(spaced_ = true);
            }
        if (entry == nullptr) return add(token_kind::command, std::string{name});
        switch (entry->role) {
            case command_role::nothing: return;
            case command_role::space: spaced_ = true; return;
            case command_role::fence:  // \left. and \right. print nothing
                if (peek() == '.') ++at_;
                return;
            case command_role::relation: return add(token_kind::relation, std::string{entry->meaning});
            case command_role::sign: return add(token_kind::sign, std::string{entry->meaning});
            case command_role::renamed: return add(token_kind::command, std::string{entry->meaning});
            case command_role::words: return words(name);
            case command_role::begin: {
                std::string environment;
                braces(environment);
                if (environment == "array") {
                    std::string columns;
                    braces(columns);
                }
                return add(token_kind::command, std::string{name} + ":" + environment);
            }
            case command_role::blackboard: {
                std::string content;
                if (!braces(content)) return add(token_kind::command, std::string{name});
                if (content.size() == 1 && std::string_view{"NZQRC"}.find(content[0]) != std::string_view::npos)
                    return add(token_kind::command, "set:" + content);
                return add(token_kind::word, std::move(content));
            }
        }
    }

    void words(std::string_view name) {
        std::string content;
        if (!braces(content)) return;  // as {\rm cm}
        std::string said = plain_words(content);
        if (name == "operatorname" || said == "sin" || said == "cos" || said == "tan" || said == "log" || said == "ln")
            return add(token_kind::command, std::move(said));
        if (said.empty()) return void(spaced_ = true);
        if (said.size() == 1 && letter(said[0]) && name != "text" && name != "mbox" && name != "textnormal")
            return add(token_kind::word, std::move(said));
        if (said == "%" || said == "percent" || said == "percentage" || said == "pct")
            return add(token_kind::sign, "%");
        add(token_kind::text, std::move(said));
    }

    /// The words of a \text{...} without commands and white space at their ends.
    static std::string plain_words(std::string_view content) {
        std::string said;
        for (std::size_t i = 0; i < content.size(); ++i) {
            const char c = content[i];
            if (c == '$' || c == '{' || c == '}') continue;
            if (c == '\\') {
                if (i + 1 < content.size() && !letter(content[i + 1])) {
                    ++i;
                    if (content[i] == '%') said += '%';
                    else if (!said.empty() && said.back() != ' ') said += ' ';
                }
                continue;
            }
            if (blank(c) || c == '~') {
                if (!said.empty() && said.back() != ' ') said += ' ';
            } else {
                said += c;
            }
        }
        while (!said.empty() && said.back() == ' ') said.pop_back();
        return said;
    }

    void unicode() {
        for (std::size_t size = 2; size <= 4; ++size) {
            if (const character_entry* const entry = find_character(rest().substr(0, size))) {
                at_ += size;
                if (entry->kind == token_kind::end) {
                    spaced_ = true;
                } else if (entry->kind == token_kind::command && entry->meaning.starts_with('^')) {
                    add(token_kind::sign, "^");
                    add(token_kind::number, std::string{entry->meaning.substr(1)});
                } else if (!entry->meaning.empty()) {
                    add(entry->kind, std::string{entry->meaning});
                }
                return;
            }
        }
        std::size_t size = 1;  // a character of a word in another script
        while (at_ + size < text_.size() && (static_cast<unsigned char>(text_[at_ + size]) & 0xc0) == 0x80) ++size;
        std::string said{rest().substr(0, size)};
        at_ += size;
        if (!tokens_.empty() && tokens_.back().kind == token_kind::text && !spaced_) tokens_.back().text += said;
        else add(token_kind::text, std::move(said));
    }

    std::string tightened_;
    std::string_view text_;
    lexer_options options_;
    bool matrix_, commas_group_, spaced_ = false;
    std::size_t at_ = 0;
    std::vector<token> tokens_;
};

}  // namespace detail

AHA_INLINE std::vector<token> tokens_of(std::string_view formula, const lexer_options& options) {
    return detail::lexer{formula, options}.all();
}

}  // namespace aha::math
