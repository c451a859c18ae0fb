#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <aha/core/error.hpp>

/// tokenizer.json files hold regular expressions of Oniguruma; this library runs PCRE2. The two agree on nearly
/// everything that tokenizers use; this header rewrites what they read differently and refuses what it cannot rewrite.
/// What stays different is the version of Unicode, which is PCRE2's own.
namespace aha::detail::tokenizing {

/// Rewrites an Oniguruma pattern for PCRE2 with UTF and UCP. Throws `aha::error` with the pattern if it cannot.
class oniguruma_to_pcre2 {
public:
    explicit oniguruma_to_pcre2(std::string_view pattern) : in_{pattern} {
        while (at_ < in_.size()) step();
    }

    std::string take() && { return std::move(out_); }

private:
    using name_pair = std::pair<std::string_view, std::string_view>;

    // What Oniguruma takes for a word's characters, in a class; by itself, \w has six numbers of Latin-1 besides.
    static constexpr std::string_view word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
    static constexpr std::string_view lone_word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\xB2\\xB3\\xB9\\xBC-\\xBE]";

    static constexpr std::array<name_pair, 10> bracket_classes{{{"alpha", "\\p{Alphabetic}"},
                                                                {"alnum", "\\p{Alphabetic}\\p{Nd}"},
                                                                {"word", word},
                                                                {"digit", "\\p{Nd}"},
                                                                {"space", "\\p{White_Space}"},
                                                                {"upper", "\\p{Uppercase}"},
                                                                {"lower", "\\p{Lowercase}"},
                                                                {"punct", "\\p{P}\\p{S}"},
                                                                {"cntrl", "\\p{Cc}"},
                                                                {"xdigit", "0-9A-Fa-f"}}};

    // Properties that are no scripts, by their names without case and signs.
    static constexpr std::array<name_pair, 18> properties{{{"any", "Any"},
                                                           {"alpha", "Alphabetic"},
                                                           {"alphabetic", "Alphabetic"},
                                                           {"space", "White_Space"},
                                                           {"whitespace", "White_Space"},
                                                           {"upper", "Uppercase"},
                                                           {"uppercase", "Uppercase"},
                                                           {"lower", "Lowercase"},
                                                           {"lowercase", "Lowercase"},
                                                           {"digit", "Nd"},
                                                           {"letter", "L"},
                                                           {"mark", "M"},
                                                           {"number", "N"},
                                                           {"punctuation", "P"},
                                                           {"symbol", "S"},
                                                           {"separator", "Z"},
                                                           {"other", "C"},
                                                           {"lc", "L&"}}};

    [[noreturn]] void refuse(std::string_view what) const {
        fail("the regular expression \"", in_.substr(0, 80), in_.size() > 80 ? "..." : "", "\" has ", what,
             ", which is not supported");
    }

    bool next_is(std::string_view text) const { return in_.substr(at_).starts_with(text); }

    void copy(std::size_t count) {
        out_ += in_.substr(at_, count);
        at_ += std::min(count, in_.size() - at_);
    }

    void put(std::string_view text, std::size_t taken) {
        out_ += text;
        at_ += taken;
    }

    void step() {
        const char c = in_[at_];
        if (c == '\\') return escape();
        if (in_class_) return step_in_class(c);
        if (c == '[') {
            in_class_ = class_is_empty_ = true;
            return copy(next_is("[^") ? 2 : 1);
        }
        if (next_is("(?")) check_options();
        // In Oniguruma a{2}+ is (?:a{2})+, in PCRE2 it never gives back.
        if (next_is("}+") && closes_interval()) refuse("a repeated interval ({n,m}+)");
        copy(1);
    }

    void step_in_class(char c) {
        if (next_is("[:")) return bracket_class();
        if (c == '[') refuse("a class inside a class");
        if (next_is("&&")) refuse("an intersection of classes (&&)");
        if (c == ']' && !class_is_empty_) in_class_ = false;
        class_is_empty_ = false;
        copy(1);
    }

    /// In Oniguruma (?m) lets a dot match the end of a line, which PCRE2 calls (?s).
    void check_options() const {
        const std::string_view rest = in_.substr(at_ + 2);
        if (rest.substr(0, rest.find_first_not_of("-imx")).find('m') != std::string_view::npos) refuse("the option m");
    }

    bool closes_interval() const {
        std::size_t i = at_;
        while (i > 0 && ((in_[i - 1] >= '0' && in_[i - 1] <= '9') || in_[i - 1] == ',')) --i;
        return i < at_ && i > 0 && in_[i - 1] == '{' && (i < 2 || in_[i - 2] != '\\');
    }

    void bracket_class() {
        class_is_empty_ = false;
        for (const auto& [name, meaning] : bracket_classes)
            if (next_is("[:" + std::string{name} + ":]")) return put(meaning, name.size() + 4);
        refuse("a class inside a class");
    }

    void escape() {
        class_is_empty_ = false;
        const char c = at_ + 1 < in_.size() ? in_[at_ + 1] : '\0';
        // PCRE2's own \s has U+180E, which is no white space in Unicode.
        if (c == 's') return put("\\p{White_Space}", 2);
        if (c == 'S') return put("\\P{White_Space}", 2);
        if (c == 'w') return put(in_class_ ? std::string{word} : "[" + std::string{lone_word}, 2);
        if (c == 'W' && !in_class_) return put("[^" + std::string{lone_word}, 2);
        if (c == 'h') return put(in_class_ ? "0-9A-Fa-f" : "[0-9A-Fa-f]", 2);
        if (c == 'p' || c == 'P') return property();
        if (c == 'u') return code_point();
        const bool differs = std::string_view{"WHRXyYOKGgkQEC"}.find(c) != std::string_view::npos;
        if (differs || (in_class_ && (c == 'b' || c == 'B'))) refuse(std::string{"\\"} + c);
        copy(2);
    }

    void code_point() {
        const std::string_view digits = in_.substr(at_ + 2, 4);
        if (digits.size() < 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
            refuse("\\u without four hexadecimal digits");
        put("\\x{" + std::string{digits} + "}", 6);
    }

    /// PCRE2 has no long names of categories, and takes a script's name to mean its extensions too.
    void property() {
        if (at_ + 2 >= in_.size() || in_[at_ + 2] != '{') return copy(3);
        const std::size_t end = in_.find('}', at_);
        if (end == std::string_view::npos) refuse("\\p{ without }");
        std::string_view name = in_.substr(at_ + 3, end - at_ - 3);
        const bool inverted = name.starts_with('^');
        if (inverted) name.remove_prefix(1);
        std::string plain;
        for (const char c : name)
            if (c != ' ' && c != '_' && c != '-') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const auto known = std::ranges::find(properties, plain, &name_pair::first);
        const std::string meaning = known != properties.end() ? std::string{known->second}
                                    : plain.size() <= 2       ? std::string{name}
                                                              : "sc:" + std::string{name};
        put((inverted == (in_[at_ + 1] == 'p') ? "\\P{" : "\\p{") + meaning + "}", end + 1 - at_);
    }

    std::string_view in_;
    std::string out_;
    std::size_t at_ = 0;
    bool in_class_ = false, class_is_empty_ = false;
};

}  // namespace aha::detail::tokenizing
