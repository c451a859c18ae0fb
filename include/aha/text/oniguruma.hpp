#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>
#include <aha/text/utf8.hpp>

/// tokenizer.json files hold regular expressions of Oniguruma; this library runs PCRE2. The two agree on nearly everything
/// that tokenizers use; this header rewrites what they read differently and refuses what it cannot rewrite.
namespace aha::detail::tokenizing {

/// Rewrites an Oniguruma pattern for PCRE2 with UTF and UCP.
class oniguruma_to_pcre2 {
public:
    explicit oniguruma_to_pcre2(std::string_view pattern) : in_{pattern} {
        while (at_ < in_.size()) step();
    }

    std::string take() && { return std::move(out_); }

private:
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
        if (in_class_) {
            if (c == ']' && !class_is_empty_) in_class_ = false;
            if (next_is("[:")) return posix();
            if (c == '[') refuse("a class inside a class");
            if (next_is("&&")) refuse("an intersection of classes (&&)");
            class_is_empty_ = false;
            return copy(1);
        }
        if (c == '[') {
            in_class_ = class_is_empty_ = true;
            return copy(next_is("[^") ? 2 : 1);
        }
        // In Oniguruma (?m) lets a dot match a line end, which Perl calls (?s), and a{2}+ is (?:a{2})+.
        if (next_is("(?") && at_ + 2 < in_.size()) {
            for (std::size_t i = at_ + 2; i < in_.size() && (in_[i] == '-' || in_[i] == 'm' || in_[i] == 'i' || in_[i] == 'x'); ++i)
                if (in_[i] == 'm') refuse("the option m");
        }
        if (next_is("}+") && closes_interval()) refuse("a repeated interval ({n,m}+)");
        copy(1);
    }

    bool closes_interval() const {
        std::size_t i = at_;
        while (i > 0 && ((in_[i - 1] >= '0' && in_[i - 1] <= '9') || in_[i - 1] == ',')) --i;
        return i < at_ && i > 0 && in_[i - 1] == '{' && (i < 2 || in_[i - 2] != '\\');
    }

    void posix() {
        const std::size_t end = in_.find(":]", at_ + 2);
        if (end == std::string_view::npos) refuse("a class inside a class");
        class_is_empty_ = false;
        copy(end + 2 - at_);
    }

    void escape() {
        class_is_empty_ = false;
        const char c = at_ + 1 < in_.size() ? in_[at_ + 1] : '\0';
        // PCRE2 counts U+180E as white space, and its words know no marks; Unicode says otherwise (UTS 18, annex C).
        if (c == 's') return put("\\p{White_Space}", 2);
        if (c == 'S') return put("\\P{White_Space}", 2);
        if (c == 'w') return put(in_class_ ? word : "[" + word + "]", 2);
        if (c == 'W' && !in_class_) return put("[^" + word + "]", 2);
        if (c == 'h') return put(in_class_ ? "0-9A-Fa-f" : "[0-9A-Fa-f]", 2);
        if (c == 'p' || c == 'P') return property();
        if (c == 'u') {
            const std::string_view digits = in_.substr(at_ + 2, 4);
            if (digits.size() < 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
                refuse("\\u without four hexadecimal digits");
            return put("\\x{" + std::string{digits} + "}", 6);
        }
        if (std::string_view{"WHbBRXyYOKGgkQEC"}.find(c) != std::string_view::npos && c != '\0' && (in_class_ || (c != 'b' && c != 'B')))
            refuse(std::string{"\\"} + c);
        copy(2);
    }

    /// PCRE2 knows categories by their one or two letters, and takes a script's name to mean its extensions too.
    void property() {
        if (at_ + 2 >= in_.size() || in_[at_ + 2] != '{') return copy(3);
        const std::size_t end = in_.find('}', at_);
        if (end == std::string_view::npos) refuse("\\p{ without }");
        const std::string_view name = in_.substr(at_ + 3, end - at_ - 3);
        const bool negated = name.starts_with('^');
        const std::string_view bare = name.substr(negated ? 1 : 0);
        if (bare.size() <= 2 || bare == "Any" || bare == "Alphabetic" || bare == "White_Space") return copy(end + 1 - at_);
        put((negated != (in_[at_ + 1] == 'P') ? "\\P{sc:" : "\\p{sc:") + std::string{bare} + "}", end + 1 - at_);
    }

    inline static const std::string word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";

    std::string_view in_;
    std::string out_;
    std::size_t at_ = 0;
    bool in_class_ = false, class_is_empty_ = false;
};

}  // namespace aha::detail::tokenizing
