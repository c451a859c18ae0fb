#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/reward/characters.hpp>

namespace aha::detail {

/// Brings an answer as LaTeX, Markdown or plain text writes it to one spelling, in one pass:
///   \dfrac12 is \frac{1}{2}, x^2 is x^{2}, \sqrt2 is \sqrt{2}; ^\circ is the degree sign, \times, \cdot and \div are
///   signs, U+2212 is "-"; \left, \right, \!, \displaystyle and the delimiters of formulas are left out; 1{,}000 is
///   1,000; white space of every kind is one space; `\text{...}` and its like stand between `text_begin` and
///   `text_end`.
class answer_speller {
public:
    static constexpr char text_begin = '\x01', text_end = '\x02';

    static std::string spell(std::string_view text) {
        answer_speller one{text};
        while (!one.rest_.empty()) one.step();
        return std::move(one.out_);
    }

private:
    /// What a "}" closes: braces that stay, the first argument of \frac, a text, or braces that are left out.
    enum class brace { plain, numerator, text, none };

    explicit answer_speller(std::string_view text) : rest_{text} {
        std::size_t dollars = 0;
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (text[at] == '\\') ++at;
            else if (text[at] == '$') ++dollars;
        }
        dollars_are_delimiters_ = dollars % 2 == 0;  // else one of them stands before an amount
        out_.reserve(text.size());
    }

    void step() {
        const char c = rest_.front();
        if (c == '{' || static_cast<unsigned char>(c) >= 0x80)
            for (const auto& [from, to] : characters)
                if (rest_.starts_with(from)) return rest_.remove_prefix(from.size()), put(to);
        if (c == '\\') return command();
        rest_.remove_prefix(1);
        if (c == '{') open(brace::plain);
        else if (c == '}') close();
        else if (c == '^' || c == '_') raised(c);
        else if (c == '$' && dollars_are_delimiters_) return;
        else if (const bool about = c == '~' && out_.empty();
                 !about && (c == ' ' || c == '~' || (c >= '\t' && c <= '\r')))
            put(" ");
        else if (static_cast<unsigned char>(c) >= 0x20) out_ += c;
    }

    void put(std::string_view piece) {
        if (piece == " " && (out_.empty() || out_.back() == ' ')) return;
        out_ += piece;
    }

    void open(brace kind) {
        open_.push_back(kind);
        if (kind == brace::text) out_ += text_begin;
        else if (kind != brace::none) out_ += '{';
    }

    void close() {
        const brace kind = open_.empty() ? brace::plain : open_.back();
        if (!open_.empty()) open_.pop_back();
        if (kind == brace::text) out_ += text_end;
        else if (kind != brace::none) out_ += '}';
        if (kind == brace::numerator) argument(brace::plain);
    }

    void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

    /// The letters of a command's name that begin at `at`.
    std::string_view name_at(std::size_t at) const {
        std::size_t end = at;
        while (end < rest_.size() && is_letter(rest_[end])) ++end;
        return rest_.substr(at, end - at);
    }

    /// The argument that comes now, in braces: `kind` of them where it has some, else one character or command.
    void argument(brace kind) {
        skip_space();
        if (rest_.empty() || rest_.front() == '}') return;
        if (rest_.front() == '{') return rest_.remove_prefix(1), open(kind);
        std::size_t size = 1;
        if (rest_.front() == '\\') size = 1 + std::max<std::size_t>(1, name_at(1).size());
        else
            while (size < rest_.size() && (static_cast<unsigned char>(rest_[size]) & 0xC0U) == 0x80U) ++size;
        out_ += '{';
        out_ += rest_.substr(0, size);
        out_ += '}';
        rest_.remove_prefix(std::min(size, rest_.size()));
        if (kind == brace::numerator) argument(brace::plain);
    }

    void raised(char mark) {
        skip_space();
        if (mark == '^')
            for (const std::string_view degrees : {"\\circ", "{\\circ}", "\u00b0", "{\u00b0}", "{\\degree}"})
                if (rest_.starts_with(degrees)) return rest_.remove_prefix(degrees.size()), put("\u00b0");
        out_ += mark;
        std::size_t size = !rest_.empty() && (rest_.front() == '-' || rest_.front() == '+') ? 1 : 0;
        while (size < rest_.size() && is_digit(rest_[size])) ++size;
        if (size == 0) return argument(brace::plain);
        out_ += '{';
        out_ += rest_.substr(0, size);  // 10^12: in plain text, all the digits
        out_ += '}';
        rest_.remove_prefix(size);
    }

    void command() {
        const std::string_view name = name_at(1);
        if (name.empty()) {
            const char c = rest_.size() > 1 ? rest_[1] : '!';
            rest_.remove_prefix(std::min<std::size_t>(2, rest_.size()));
            if (c == '{' || c == '}' || c == '\\') out_ += '\\', out_ += c;
            else if (c == ',' || c == ';' || c == ':' || c == '>' || c == ' ' || c == '\n' || c == '\t') put(" ");
            else if (std::string_view{"!()[]"}.find(c) == std::string_view::npos) out_ += c;  // \$, \%
            return;
        }
        rest_.remove_prefix(1 + name.size());
        for (const auto& [from, to] : commands)
            if (name == from) return put(to);
        if (is_word_of(name, "frac dfrac tfrac cfrac")) {
            out_ += "\\frac";
            argument(brace::numerator);
        } else if (name == "sqrt") {
            out_ += "\\sqrt";
            skip_space();
            if (!rest_.starts_with('[')) argument(brace::plain);
        } else if (is_word_of(name,
                              "text textbf textrm textit textsf texttt textnormal mathrm mathbf mathit mathsf mbox "
                              "operatorname")) {
            skip_space();
            if (rest_.starts_with('{')) rest_.remove_prefix(1), open(brace::text);
        } else if (is_word_of(name, "color textcolor")) {
            skip_space();
            if (rest_.starts_with('{')) rest_.remove_prefix(std::min(rest_.find('}'), rest_.size() - 1) + 1);
            if (rest_.starts_with('{')) rest_.remove_prefix(1), open(brace::none);
        } else if (is_word_of(name, "boxed fbox")) {
            skip_space();
            if (rest_.starts_with('{')) rest_.remove_prefix(1), open(brace::none);
        } else if (is_word_of(name, "left right big bigl bigr Big Bigl Bigr bigg biggl biggr Bigg Biggl Biggr")) {
            if (is_word_of(name, "left right") && rest_.starts_with('.')) rest_.remove_prefix(1);
        } else if (!is_word_of(name, "displaystyle textstyle scriptstyle limits rm bf it large Large small")) {
            out_ += '\\';
            out_ += name;
        }
    }

    using spelling = std::pair<std::string_view, std::string_view>;
    static constexpr spelling characters[] = {{"{,}", ","},
                                              {"{.}", "."},
                                              {"{\\,}", " "},
                                              {"{ }", " "},
                                              {"{\\!}", ""},
                                              {"\u00a0", " "},
                                              {"\u2002", " "},
                                              {"\u2003", " "},
                                              {"\u2004", " "},
                                              {"\u2005", " "},
                                              {"\u2006", " "},
                                              {"\u2007", " "},
                                              {"\u2008", " "},
                                              {"\u2009", " "},
                                              {"\u200a", " "},
                                              {"\u202f", " "},
                                              {"\u205f", " "},
                                              {"\u3000", " "},
                                              {"\u200b", ""},
                                              {"\ufeff", ""},
                                              {"\u2212", "-"},
                                              {"\u2013", "-"},
                                              {"\u22c5", "\u00b7"},
                                              {"\u00b2", "^{2}"},
                                              {"\u00b3", "^{3}"},
                                              {"\u00bd", "\\frac{1}{2}"},
                                              {"\u00bc", "\\frac{1}{4}"},
                                              {"\u00be", "\\frac{3}{4}"},
                                              {"\u2153", "\\frac{1}{3}"},
                                              {"\u2154", "\\frac{2}{3}"},
                                              {"\uff05", "%"},
                                              {"\uff04", "$"}};
    static constexpr spelling commands[] = {
        {"times", "\u00d7"}, {"cdot", "\u00b7"}, {"div", "\u00f7"},  {"degree", "\u00b0"}, {"degrees", "\u00b0"},
        {"quad", " "},       {"qquad", " "},     {"thinspace", " "}, {"enspace", " "},     {"space", " "},
        {"neq", "\\ne"},     {"leq", "\\le"},    {"geq", "\\ge"},    {"pounds", "\u00a3"}, {"euro", "\u20ac"},
        {"lbrace", "\\{"},   {"rbrace", "\\}"}};

    std::string_view rest_;
    std::string out_;
    std::vector<brace> open_;
    bool dollars_are_delimiters_ = true;
};

/// `text` without `open` and `close` at its ends, if these two belong together.
inline bool take_off(std::string_view& text, char open, char close) {
    if (text.size() < 2 || text.front() != open || text.back() != close) return false;
    std::size_t depth = 0;
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
        if (text[at] == '\\') ++at;
        else if (text[at] == open) ++depth;
        else if (text[at] == close && --depth == 0) return false;
        if (at + 2 == text.size()) break;
    }
    text = text.substr(1, text.size() - 2);
    return true;
}

/// A spelled answer without what surrounds it: white space, the full stop at its end, marks of Markdown, quotes,
/// braces.
inline std::string_view bare_answer(std::string_view text) {
    for (int layer = 0; layer < 16; ++layer) {  // so that the time is linear for any number of layers
        const std::size_t before = text.size();
        const std::size_t first = text.find_first_not_of(' ');
        if (first == std::string_view::npos) return {};
        text = text.substr(first, text.find_last_not_of(' ') - first + 1);
        if (text.ends_with('.') && !text.ends_with("..")) text.remove_suffix(1);
        for (const std::string_view mark : {"**", "__", "*", "`", "\"", "'"})
            if (text.size() > 2 * mark.size() && text.starts_with(mark) && text.ends_with(mark))
                text = text.substr(mark.size(), text.size() - 2 * mark.size());
        take_off(text, '{', '}');
        take_off(text, answer_speller::text_begin, answer_speller::text_end);
        if (text.size() == before) break;
    }
    return text;
}

/// A spelled answer for comparisons as text: spaces only where they separate words, numbers or a command from a letter,
/// no marks of text, and words in lower case where the capital is their first letter only ("Yes", "Monday").
inline std::string comparable_text(std::string_view spelled) {
    std::string plain;
    for (const char c : bare_answer(spelled))
        if (c != answer_speller::text_begin && c != answer_speller::text_end) plain += c;
    const auto word = [](char c) { return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80; };
    std::string text;
    bool after_command = false;
    for (std::size_t at = 0; at < plain.size(); ++at) {
        const char c = plain[at];
        if (c == ' ') {
            const bool inside = !text.empty() && at + 1 < plain.size() && word(text.back()) && word(plain[at + 1]);
            const bool product = inside && is_digit(text.back()) && is_letter(plain[at + 1]);
            if (inside && !product && (!after_command || is_letter(plain[at + 1]))) text += ' ';
            continue;
        }
        after_command = is_letter(c) && (after_command || (!text.empty() && text.back() == '\\'));
        text += c;
    }
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && is_letter(text[end])) ++end;
        const bool capital =
            end > at + 1 && text[at] >= 'A' && text[at] <= 'Z' && (at == 0 || text[at - 1] == ' ') &&
            std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                        text.begin() + static_cast<std::ptrdiff_t>(end), [](char c) { return c >= 'a' && c <= 'z'; });
        if (capital) text[at] = static_cast<char>(text[at] - 'A' + 'a');
        at = std::max(end, at + 1);
    }
    return text;
}

}  // namespace aha::detail
