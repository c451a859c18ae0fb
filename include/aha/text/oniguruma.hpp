#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/oniguruma_names.hpp>

/// tokenizer.json files hold regular expressions of Oniguruma; this library runs PCRE2. The two agree on nearly
/// everything that tokenizers use; this header rewrites what they read differently and refuses what it cannot rewrite.
/// What stays different is the version of Unicode, which is PCRE2's own.
namespace aha::detail::tokenizing {

/// Rewrites an Oniguruma pattern for PCRE2 with UTF and UCP. Throws `aha::error` with the pattern if it cannot.
class oniguruma_to_pcre2 {
public:
    explicit oniguruma_to_pcre2(std::string_view pattern) : in_{pattern} {
        require(pattern.size() <= 65536, "a regular expression of ", pattern.size(),
                " bytes is too long (at most 65536)");
        while (at_ < in_.size()) step();
    }

    std::string take() && { return std::move(out_); }

private:
    // Of classes inside classes, which are read by recursion, and of quantifiers.
    static constexpr std::size_t deepest = 100;

    [[noreturn]] void refuse(std::string_view what) const {
        fail("the regular expression \"", in_.substr(0, 80), in_.size() > 80 ? "..." : "", "\" has ", what,
             ", which is not supported");
    }

    bool next_is(std::string_view text) const { return in_.substr(at_).starts_with(text); }

    std::string_view take(std::size_t count) {
        const std::string_view taken = in_.substr(at_, count);
        at_ += taken.size();
        return taken;
    }

    std::string put(std::string_view text, std::size_t taken) {
        at_ += taken;
        return std::string{text};
    }

    /// Writes what the next sign, escape, class or quantifier becomes, and remembers where the last item began, for
    /// a quantifier that has to take it together with another one.
    void step() {
        const char c = in_[at_];
        if (const auto [quantifier, taken] = next_quantifier(); taken > 0) {
            at_ += taken;
            if (quantifiers_++ > 0) {
                if (quantifiers_ > deepest) refuse("more than 100 quantifiers of one item");
                out_.insert(item_, "(?:");
                out_ += ')';
            }
            out_ += quantifier;
            return;
        }
        quantifiers_ = 0;
        if (c == ')' && !groups_.empty()) {
            item_ = groups_.back();
            groups_.pop_back();
            out_ += take(1);
            return;
        }
        item_ = out_.size();
        if (c == '(') groups_.push_back(item_);
        if (c == '\\') out_ += escape();
        else if (c == '[') out_ += character_class(0);
        else if (next_is("(?")) out_ += options();
        else out_ += take(static_cast<std::size_t>(std::max<std::size_t>(1, utf8::unit_at(in_, at_).size)));
    }

    /// The quantifier that stands next, as PCRE2 writes it, and how many bytes it takes; none if nothing is before it.
    /// What follows an interval in Oniguruma is another quantifier: a{2}+ is (?:a{2})+, and a{2}? is (?:a{2})?, though
    /// a{1,2}? is lazy; a{,2} is a{0,2}.
    std::pair<std::string, std::size_t> next_quantifier() const {
        if (out_.empty()) return {};
        const char c = in_[at_];
        const auto following = [&](std::size_t i) { return at_ + i < in_.size() ? in_[at_ + i] : '\0'; };
        if (c == '*' || c == '+' || c == '?') {
            const bool marked = following(1) == '+' || following(1) == '?';
            return {std::string{in_.substr(at_, marked ? 2 : 1)}, marked ? 2 : 1};
        }
        if (c != '{') return {};
        const std::size_t end = in_.find_first_not_of("0123456789", at_ + 1);
        const std::string_view low = in_.substr(at_ + 1, end - at_ - 1);
        if (end == std::string_view::npos) return {};
        if (in_[end] == '}' && !low.empty()) return {std::string{in_.substr(at_, end + 1 - at_)}, end + 1 - at_};
        if (in_[end] != ',') return {};
        const std::size_t close = in_.find_first_not_of("0123456789", end + 1);
        if (close == std::string_view::npos || in_[close] != '}' || (low.empty() && close == end + 1)) return {};
        std::string quantifier =
            "{" + (low.empty() ? "0" : std::string{low}) + std::string{in_.substr(end, close + 1 - end)};
        const bool lazy = close + 1 < in_.size() && in_[close + 1] == '?';
        return {quantifier + (lazy ? "?" : ""), close + 1 + (lazy ? 1 : 0) - at_};
    }

    /// In Oniguruma (?m) lets a dot match the end of a line, which PCRE2 calls (?s).
    std::string options() {
        std::string text{take(2)};
        while (at_ < in_.size() && std::string_view{"-imx"}.find(in_[at_]) != std::string_view::npos)
            text += in_[at_] == 'm' ? 's' : in_[at_], ++at_;
        return text;
    }

    /// What one side of && matches: the characters that a class of PCRE2 lists, and what other patterns of one
    /// character match.
    struct operand {
        std::string listed;
        std::vector<std::string> others;

        std::string pattern() const {
            if (others.empty()) return listed.empty() ? "(?!)" : "[" + listed + "]";
            if (listed.empty() && others.size() == 1) return others[0];
            std::string all = listed.empty() ? "(?:" : "(?:[" + listed + "]|";
            for (std::size_t i = 0; i < others.size(); ++i) all += (i > 0 ? "|" : "") + others[i];
            return all + ")";
        }
    };

    /// A class, from its [. PCRE2 has neither classes in classes nor &&; alternatives and look-aheads say the same.
    std::string character_class(std::size_t depth) {
        if (depth > deepest) refuse("classes inside classes more than 100 deep");
        const bool negated = next_is("[^");
        at_ += negated ? 2 : 1;
        std::vector<operand> sides(1);
        bool empty = true, after_set = false;  // after_set: what was read last cannot begin a range
        for (;; empty = false) {
            if (at_ >= in_.size())
                fail("the regular expression \"", in_.substr(0, 80), "\" is wrong: a class has no ]");
            operand& side = sides.back();
            const char c = in_[at_];
            const bool was_set = std::exchange(after_set, true);
            if (c == ']' && !empty) break;
            if (next_is("&&")) {
                at_ += 2;
                sides.emplace_back();
            } else if (next_is("[:") && bracket_class(side)) {
            } else if (c == '[') {
                side.others.push_back(character_class(depth + 1));
            } else if (c == '\\') {
                after_set = escape_in_class(side);
            } else {
                after_set = false;
                if (c == '-' && was_set && !empty) side.listed += '\\';
                else if (c == '[' || c == ']') side.listed += '\\';
                side.listed += take(1);
            }
        }
        ++at_;
        if (sides.size() == 1 && sides[0].others.empty()) return (negated ? "[^" : "[") + sides[0].listed + "]";
        std::string one = sides.back().pattern();
        if (sides.size() > 1) {
            std::string all = "(?:";
            for (std::size_t i = 0; i + 1 < sides.size(); ++i) all += "(?=" + sides[i].pattern() + ")";
            one = all + one + ")";
        }
        return negated ? "(?:(?!" + one + ")(?s:.))" : one;
    }

    template <std::size_t N>
    static std::optional<std::string_view> named(const std::array<onig_name, N>& names, std::string_view name) {
        const auto found = std::ranges::find(names, name, &onig_name::first);
        return found == names.end() ? std::nullopt : std::optional{found->second};
    }

    /// [:alpha:] or [:^alpha:]; false if it is another class that begins with a colon.
    bool bracket_class(operand& side) {
        const bool inverted = next_is("[:^");
        const std::size_t begin = at_ + (inverted ? 3 : 2), end = in_.find(":]", begin);
        if (end == std::string_view::npos) return false;
        const std::string_view name = in_.substr(begin, end - begin);
        const auto plain = named(onig_bracket_classes, name), inverse = named(onig_inverse_classes, name);
        if (!plain && !inverse) return false;
        at_ = end + 2;
        const std::string listed{plain ? *plain : *inverse};
        if (inverted == inverse.has_value()) side.listed += listed;
        else side.others.push_back("[^" + listed + "]");
        return true;
    }

    void add_property(operand& side) {
        std::string set = property();
        if (set.starts_with("[^")) side.others.push_back(std::move(set));
        else if (set.starts_with('[')) side.listed.append(set, 1, set.size() - 2);
        else side.listed += set;
    }

    /// True if it was a set of characters rather than one.
    bool escape_in_class(operand& side) {
        const char c = at_ + 1 < in_.size() ? in_[at_ + 1] : '\0';
        if (c == 'W') side.others.push_back(put("[^" + std::string{onig_word} + "]", 2));
        else if (c == 'w') side.listed += put(onig_word, 2);
        else if (c == 'H') side.others.push_back(put("[^0-9A-Fa-f]", 2));
        else if (c == 'h') side.listed += put("0-9A-Fa-f", 2);
        else if (c == 'b') return side.listed += put("\\x08", 2), false;
        else if (c == 'p' || c == 'P') add_property(side);
        else if (std::string_view{"RBXOK"}.find(c) != std::string_view::npos) refuse(std::string{"\\"} + c);
        else side.listed += escape();
        return std::string_view{"wWhHsSdDpP"}.find(c) != std::string_view::npos;
    }

    std::string escape() {
        const char c = at_ + 1 < in_.size() ? in_[at_ + 1] : '\0';
        switch (c) {
            // PCRE2's own \s has U+180E, which is no white space in Unicode.
            case 's': return put("\\p{White_Space}", 2);
            case 'S': return put("\\P{White_Space}", 2);
            case 'w': return put("[" + std::string{onig_lone_word} + "]", 2);
            case 'W': return put("[^" + std::string{onig_lone_word} + "]", 2);
            case 'h': return put("[0-9A-Fa-f]", 2);
            case 'H': return put("[^0-9A-Fa-f]", 2);
            case 'R': return put("(?>\\r\\n|[\\n-\\r\\x{85}\\x{2028}\\x{2029}])", 2);
            case 'O': return put("(?s:.)", 2);
            case 'b': return put(boundary("(?<=", "(?!", "(?<!", "(?="), 2);
            case 'B': return put(boundary("(?<=", "(?=", "(?<!", "(?!"), 2);
            case 'p':
            case 'P': return property();
            case 'u': return code_point();
            case 'k': return back_reference();
            default: break;
        }
        if (std::string_view{"yYGgQEC"}.find(c) != std::string_view::npos) refuse(std::string{"\\"} + c);
        return put(take(1 + std::max<std::size_t>(1, utf8::unit_at(in_, at_ + 1).size)), 0);
    }

    /// What stands between two characters that are, or are not, of the same kind: word or no word.
    static std::string boundary(std::string_view a, std::string_view b, std::string_view c, std::string_view d) {
        std::string text = "(?:";
        for (const std::string_view side : {a, b, c, d}) {
            if (side == c) text += '|';
            text.append(side).append("[").append(onig_word).append("])");
        }
        return text + ")";
    }

    /// \k<name>; by numbers Oniguruma counts otherwise.
    std::string back_reference() {
        const std::size_t end = in_.find('>', at_);
        const std::string_view rest = in_.substr(std::min(at_ + 3, in_.size()));
        const bool letter = !rest.empty() && (rest[0] == '_' || (rest[0] >= 'A' && rest[0] <= 'Z') ||
                                              (rest[0] >= 'a' && rest[0] <= 'z'));
        if (!next_is("\\k<") || end == std::string_view::npos || !letter) refuse("\\k without a name");
        return put(take(end + 1 - at_), 0);
    }

    std::string code_point() {
        const std::string_view digits = in_.substr(at_ + 2, 4);
        if (digits.size() < 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
            refuse("\\u without four hexadecimal digits");
        return put("\\x{" + std::string{digits} + "}", 6);
    }

    /// PCRE2 has no long names of categories, and takes a script's name to mean its extensions too.
    std::string property() {
        if (at_ + 2 >= in_.size() || in_[at_ + 2] != '{') return put(take(3), 0);
        const std::size_t end = in_.find('}', at_);
        if (end == std::string_view::npos) refuse("\\p{ without }");
        std::string_view name = in_.substr(at_ + 3, end - at_ - 3);
        const bool inverted = name.starts_with('^');
        if (inverted) name.remove_prefix(1);
        std::string plain;
        for (const char c : name)
            if (c != ' ' && c != '_' && c != '-') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const bool complement = inverted == (in_[at_ + 1] == 'p');
        at_ = end + 1;
        const auto known = named(onig_properties, plain);
        const auto listed = named(onig_bracket_classes, plain), inverse = named(onig_inverse_classes, plain);
        if (!known && (listed || inverse))
            return (complement != inverse.has_value() ? "[^" : "[") + std::string{listed ? *listed : *inverse} + "]";
        const std::string meaning = known               ? std::string{*known}
                                    : plain.size() <= 2 ? std::string{name}
                                                        : "sc:" + std::string{name};
        return (complement ? "\\P{" : "\\p{") + meaning + "}";
    }

    std::string_view in_;
    std::string out_;
    std::size_t at_ = 0;
    std::size_t item_ = 0;             // where in out_ the last item begins
    std::vector<std::size_t> groups_;  // where those that are open begin
    std::size_t quantifiers_ = 0;      // of the last item
};

}  // namespace aha::detail::tokenizing
