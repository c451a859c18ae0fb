#pragma once

#include <algorithm>
#include <array>
#include <iterator>

#include <aha/reward/math/names.hpp>
#include <aha/core/inline.hpp>

namespace aha::math {

namespace detail {

// In the order of their names, for a binary search; a test says so.
inline constexpr command_entry command_table[] = {
    {"Big", command_role::fence, ""},
    {"Bigg", command_role::fence, ""},
    {"Biggl", command_role::fence, ""},
    {"Biggr", command_role::fence, ""},
    {"Bigl", command_role::fence, ""},
    {"Bigr", command_role::fence, ""},
    {"C", command_role::renamed, "set:C"},
    {"Large", command_role::nothing, ""},
    {"N", command_role::renamed, "set:N"},
    {"Q", command_role::renamed, "set:Q"},
    {"R", command_role::renamed, "set:R"},
    {"Z", command_role::renamed, "set:Z"},
    {"approx", command_role::relation, "~"},
    {"ast", command_role::sign, "*"},
    {"begin", command_role::begin, ""},
    {"big", command_role::fence, ""},
    {"bigcap", command_role::renamed, "cap"},
    {"bigcup", command_role::renamed, "cup"},
    {"bigg", command_role::fence, ""},
    {"biggl", command_role::fence, ""},
    {"biggr", command_role::fence, ""},
    {"bigl", command_role::fence, ""},
    {"bigr", command_role::fence, ""},
    {"bm", command_role::nothing, ""},
    {"bmod", command_role::renamed, "bmod"},
    {"boldsymbol", command_role::nothing, ""},
    {"cdot", command_role::sign, "*"},
    {"cfrac", command_role::renamed, "frac"},
    {"cong", command_role::relation, "="},
    {"dbinom", command_role::renamed, "binom"},
    {"degree", command_role::renamed, "degree"},
    {"dfrac", command_role::renamed, "frac"},
    {"displaystyle", command_role::nothing, ""},
    {"div", command_role::sign, "/"},
    {"dots", command_role::renamed, "ldots"},
    {"emptyset", command_role::renamed, "set:empty"},
    {"end", command_role::begin, ""},
    {"enspace", command_role::space, ""},
    {"equiv", command_role::relation, "="},
    {"ge", command_role::relation, "g"},
    {"geq", command_role::relation, "g"},
    {"geqslant", command_role::relation, "g"},
    {"gt", command_role::relation, ">"},
    {"hspace", command_role::space, ""},
    {"in", command_role::relation, ":"},
    {"land", command_role::sign, ","},
    {"large", command_role::nothing, ""},
    {"lbrace", command_role::sign, "\\{"},
    {"lbrack", command_role::sign, "["},
    {"le", command_role::relation, "l"},
    {"left", command_role::fence, ""},
    {"leq", command_role::relation, "l"},
    {"leqslant", command_role::relation, "l"},
    {"lgroup", command_role::sign, "("},
    {"limits", command_role::nothing, ""},
    {"lor", command_role::sign, ","},
    {"lt", command_role::relation, "<"},
    {"lvert", command_role::sign, "|"},
    {"mathbb", command_role::blackboard, ""},
    {"mathbf", command_role::words, ""},
    {"mathit", command_role::words, ""},
    {"mathrm", command_role::words, ""},
    {"mathsf", command_role::words, ""},
    {"mbox", command_role::words, ""},
    {"medspace", command_role::space, ""},
    {"middle", command_role::fence, ""},
    {"mleft", command_role::fence, ""},
    {"mp", command_role::renamed, "mp"},
    {"mright", command_role::fence, ""},
    {"ne", command_role::relation, "#"},
    {"negthinspace", command_role::space, ""},
    {"neq", command_role::relation, "#"},
    {"nolimits", command_role::nothing, ""},
    {"notin", command_role::relation, "!"},
    {"operatorname", command_role::words, ""},
    {"overrightarrow", command_role::renamed, "vec"},
    {"qquad", command_role::space, ""},
    {"quad", command_role::space, ""},
    {"rbrace", command_role::sign, "\\}"},
    {"rbrack", command_role::sign, "]"},
    {"rgroup", command_role::sign, ")"},
    {"right", command_role::fence, ""},
    {"rm", command_role::nothing, ""},
    {"rvert", command_role::sign, "|"},
    {"scriptstyle", command_role::nothing, ""},
    {"setminus", command_role::renamed, "setminus"},
    {"simeq", command_role::relation, "~"},
    {"tbinom", command_role::renamed, "binom"},
    {"text", command_role::words, ""},
    {"textbf", command_role::words, ""},
    {"textit", command_role::words, ""},
    {"textnormal", command_role::words, ""},
    {"textrm", command_role::words, ""},
    {"textstyle", command_role::nothing, ""},
    {"texttt", command_role::words, ""},
    {"tfrac", command_role::renamed, "frac"},
    {"thickspace", command_role::space, ""},
    {"thinspace", command_role::space, ""},
    {"times", command_role::sign, "*"},
    {"vert", command_role::sign, "|"},
    {"widetilde", command_role::renamed, "tilde"},
};

inline constexpr character_entry character_table[] = {
    {"\u2212", token_kind::sign, "-"},
    {"\u2013", token_kind::sign, "-"},
    {"\u00d7", token_kind::sign, "*"},
    {"\u22c5", token_kind::sign, "*"},
    {"\u00b7", token_kind::sign, "*"},
    {"\u2217", token_kind::sign, "*"},
    {"\u2219", token_kind::sign, "*"},
    {"\u00f7", token_kind::sign, "/"},
    {"\u2215", token_kind::sign, "/"},
    {"\u2044", token_kind::sign, "/"},
    {"\u00b1", token_kind::command, "pm"},
    {"\u2213", token_kind::command, "mp"},
    {"\u2264", token_kind::relation, "l"},
    {"\u2266", token_kind::relation, "l"},
    {"\u2265", token_kind::relation, "g"},
    {"\u2267", token_kind::relation, "g"},
    {"\u2a7d", token_kind::relation, "l"},
    {"\u2a7e", token_kind::relation, "g"},
    {"\u2260", token_kind::relation, "#"},
    {"\u2248", token_kind::relation, "~"},
    {"\u2261", token_kind::relation, "="},
    {"\u2208", token_kind::relation, ":"},
    {"\u2209", token_kind::relation, "!"},
    {"\u221e", token_kind::command, "infty"},
    {"\u03c0", token_kind::command, "pi"},
    {"\u221a", token_kind::command, "sqrt"},
    {"\u222a", token_kind::command, "cup"},
    {"\u2229", token_kind::command, "cap"},
    {"\u2216", token_kind::command, "setminus"},
    {"\u2205", token_kind::command, "set:empty"},
    {"\u2115", token_kind::command, "set:N"},
    {"\u2124", token_kind::command, "set:Z"},
    {"\u211a", token_kind::command, "set:Q"},
    {"\u211d", token_kind::command, "set:R"},
    {"\u2102", token_kind::command, "set:C"},
    {"\u00b0", token_kind::command, "degree"},
    {"\u00b2", token_kind::command, "^2"},
    {"\u00b3", token_kind::command, "^3"},
    {"\u00b9", token_kind::command, "^1"},
    {"\u2074", token_kind::command, "^4"},
    {"\u2075", token_kind::command, "^5"},
    {"\u2076", token_kind::command, "^6"},
    {"\u2077", token_kind::command, "^7"},
    {"\u2078", token_kind::command, "^8"},
    {"\u2079", token_kind::command, "^9"},
    {"\u2070", token_kind::command, "^0"},
    {"\u03b1", token_kind::command, "alpha"},
    {"\u03b2", token_kind::command, "beta"},
    {"\u03b3", token_kind::command, "gamma"},
    {"\u03b4", token_kind::command, "delta"},
    {"\u03b5", token_kind::command, "epsilon"},
    {"\u03b8", token_kind::command, "theta"},
    {"\u03bb", token_kind::command, "lambda"},
    {"\u03bc", token_kind::command, "mu"},
    {"\u03c1", token_kind::command, "rho"},
    {"\u03c3", token_kind::command, "sigma"},
    {"\u03c4", token_kind::command, "tau"},
    {"\u03c6", token_kind::command, "phi"},
    {"\u03d5", token_kind::command, "varphi"},
    {"\u03c9", token_kind::command, "omega"},
    {"\u0394", token_kind::command, "Delta"},
    {"\u03a3", token_kind::command, "Sigma"},
    {"\u03a9", token_kind::command, "Omega"},
    {"\u2220", token_kind::command, "angle"},
    {"\u25b3", token_kind::command, "triangle"},
    {"\u00a0", token_kind::end, ""},
    {"\u2009", token_kind::end, ""},
    {"\u202f", token_kind::end, ""},
    {"\u3000", token_kind::end, ""},
    {"\u200b", token_kind::sign, ""},
    {"\u2061", token_kind::sign, ""},
    {"\ufeff", token_kind::sign, ""},
    {"\u2032", token_kind::sign, "'"},
    {"\u2019", token_kind::sign, "'"},
    {"\u201c", token_kind::sign, ""},
    {"\u201d", token_kind::sign, ""},
    {"\u20ac", token_kind::sign, ""},
    {"\u00a3", token_kind::sign, ""},
    {"\u00a5", token_kind::sign, ""},
    {"\u20b9", token_kind::sign, ""},
    {"\uff0c", token_kind::sign, ","},
    {"\u3001", token_kind::sign, ","},
    {"\uff1b", token_kind::sign, ";"},
    {"\uff08", token_kind::sign, "("},
    {"\uff09", token_kind::sign, ")"},
    {"\uff1d", token_kind::relation, "="},
    {"\uff05", token_kind::sign, "%"},
    {"\u3002", token_kind::sign, "."},
};

inline constexpr std::string_view function_table[] = {
    "arccos", "arccosh", "arccot", "arccsc", "arcosh", "arcsec", "arcsin", "arcsinh", "arctan", "arctanh",
    "arg",    "arsinh",  "artanh", "ceil",   "cos",    "cosh",   "cot",    "coth",    "csc",    "det",
    "exp",    "floor",   "lg",     "ln",     "log",    "sec",    "sin",    "sinh",    "tan",    "tanh",
};

inline constexpr std::string_view symbol_table[] = {
    "Delta",       "Gamma",      "Im",      "Lambda",    "Omega",  "Phi",      "Pi",        "Psi",      "Re",
    "Sigma",       "Theta",      "Xi",      "alpha",     "angle",  "beta",     "chi",       "clubsuit", "delta",
    "diamondsuit", "ell",        "epsilon", "eta",       "gamma",  "hbar",     "heartsuit", "imath",    "iota",
    "jmath",       "kappa",      "lambda",  "mu",        "nabla",  "nu",       "omega",     "omicron",  "phi",
    "psi",         "rho",        "sigma",   "spadesuit", "square", "star",     "tau",       "theta",    "triangle",
    "upsilon",     "varepsilon", "varphi",  "varpi",     "varrho", "varsigma", "vartheta",  "xi",       "zeta",
};

}  // namespace detail

AHA_INLINE const command_entry* find_command(std::string_view name) {
    const auto* const end = std::end(detail::command_table);
    const auto* const found =
        std::lower_bound(std::begin(detail::command_table), end, name,
                         [](const command_entry& one, std::string_view n) { return one.name < n; });
    return found != end && found->name == name ? found : nullptr;
}

AHA_INLINE const character_entry* find_character(std::string_view bytes) {
    for (const character_entry& one : detail::character_table)
        if (one.bytes == bytes) return &one;
    return nullptr;
}

AHA_INLINE bool is_function_name(std::string_view name) {
    return std::binary_search(std::begin(detail::function_table), std::end(detail::function_table), name);
}

AHA_INLINE bool is_symbol_command(std::string_view name) {
    return std::find(std::begin(detail::symbol_table), std::end(detail::symbol_table), name) !=
           std::end(detail::symbol_table);
}

}  // namespace aha::math
