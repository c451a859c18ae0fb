#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aha::test {

/// Writes random LaTeX: formulas by a grammar, and some with a part cut out, doubled or replaced.
class random_formulas {
public:
    explicit random_formulas(std::uint64_t seed) : state_{seed} {}

    /// The next formula; `damaged`: it may be no formula any more.
    std::string next(bool damaged) {
        std::string text = element(4);
        if (damaged) {
            for (std::uint64_t edits = 1 + below(3); edits > 0; --edits) damage(text);
        }
        return text;
    }

private:
    std::uint64_t bits() {  // splitmix64
        std::uint64_t x = state_ += 0x9e3779b97f4a7c15ULL;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
        return x ^ (x >> 31);
    }

    std::uint64_t below(std::uint64_t n) { return bits() % n; }

    template <std::size_t N>
    std::string one_of(const char* const (&texts)[N]) {
        return texts[below(N)];
    }

    void damage(std::string& text) {
        const std::size_t at = below(text.size() + 1), size = below(6);
        switch (below(4)) {
            case 0: text.erase(at, size); break;
            case 1: text.insert(at, text.substr(at, size)); break;
            case 2:
                text.insert(at, one_of({"{",
                                        "}",
                                        "(",
                                        ")",
                                        "\\",
                                        "^",
                                        "_",
                                        "$",
                                        "|",
                                        "\\frac",
                                        "\\boxed{",
                                        "&",
                                        ",",
                                        "\\left",
                                        "\\sqrt[",
                                        "^{-",
                                        "!",
                                        "%",
                                        "=",
                                        "\\begin{pmatrix}",
                                        "\xff",
                                        "\xe2\x88",
                                        "10^{10^{10}}",
                                        "999999999999!"}));
                break;
            default:
                if (at < text.size()) text[at] = static_cast<char>(32 + below(95));
        }
    }

    std::string number() {
        switch (below(7)) {
            case 0: return std::to_string(below(10));
            case 1: return std::to_string(below(1000)) + "." + std::to_string(below(1000));
            case 2: return "1{,}" + std::to_string(100 + below(900));
            case 3: return std::to_string(below(100)) + "\\%";
            case 4: return "\\frac{" + std::to_string(below(20)) + "}{" + std::to_string(below(20)) + "}";
            case 5: return std::to_string(below(9)) + "\\frac" + std::to_string(below(10)) + std::to_string(below(10));
            default: return std::to_string(below(100000));
        }
    }

    std::string symbol() {
        return one_of({"x", "y", "n", "a", "\\pi", "e", "i", "\\theta", "x_1", "\\alpha_{2}", "X", "\\infty"});
    }

    std::string expression(int depth) {
        if (depth <= 0) return below(2) == 0 ? number() : symbol();
        const auto inner = [&] { return expression(depth - 1); };
        switch (below(24)) {
            case 0: return inner() + " + " + inner();
            case 1: return inner() + " - " + inner();
            case 2: return inner() + " \\cdot " + inner();
            case 3: return inner() + inner();
            case 4: return "\\frac{" + inner() + "}{" + inner() + "}";
            case 5: return "\\sqrt{" + inner() + "}";
            case 6: return "\\sqrt[" + std::to_string(below(6)) + "]{" + inner() + "}";
            case 7: return "(" + inner() + ")^{" + inner() + "}";
            case 8:
                return one_of({"\\sin", "\\cos", "\\tan", "\\ln", "\\arctan", "\\log_2", "\\exp", "\\sinh"}) + "(" +
                       inner() + ")";
            case 9: return "|" + inner() + "|";
            case 10: return inner() + "!";
            case 11: return "\\binom{" + inner() + "}{" + inner() + "}";
            case 12: return "\\sum_{k=" + std::to_string(below(5)) + "}^{" + inner() + "} k^2";
            case 13: return "\\lfloor " + inner() + " \\rfloor";
            case 14: return "-" + inner();
            case 15: return inner() + "/" + inner();
            case 16:
                return "\\begin{pmatrix} " + inner() + " & " + inner() + " \\\\ " + inner() + " & " + inner() +
                       " \\end{pmatrix}";
            case 17: return inner() + " \\pm " + inner();
            case 18: return inner() + "^" + std::to_string(below(30));
            case 19: return "f(" + inner() + ")";
            case 20: return "\\text{" + one_of({"Even", "cm", "no solution", "A", "and"}) + "}";
            case 21: return "\\prod_{i=1}^{" + std::to_string(below(3000)) + "} \\sin(i)";
            default: return number();
        }
    }

    std::string element(int depth) {
        const auto inner = [&] { return expression(static_cast<int>(below(static_cast<std::uint64_t>(depth)))); };
        switch (below(14)) {
            case 0: return inner() + " = " + inner();
            case 1:
                return inner() + one_of({" < ", " \\le ", " > ", " \\geq ", " \\neq ", " \\in ", " \\approx "}) +
                       inner();
            case 2: return "(" + inner() + ", " + inner() + ")";
            case 3: return "[" + inner() + ", " + inner() + ") \\cup (" + inner() + ", \\infty)";
            case 4: return "\\{" + inner() + ", " + inner() + "\\}";
            case 5: return inner() + ", " + inner() + " \\text{ and } " + inner();
            case 6: return "x = " + inner();
            case 7: return inner() + " < x \\leq " + inner();
            case 8: return inner() + "\\text{ cm}^2";
            default: return inner();
        }
    }

    std::uint64_t state_;
};

}  // namespace aha::test
