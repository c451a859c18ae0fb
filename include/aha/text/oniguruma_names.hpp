#pragma once

#include <array>
#include <string_view>
#include <utility>

/// What Oniguruma's names for sets of characters mean, in PCRE2's words.
namespace aha::detail::tokenizing {

using onig_name = std::pair<std::string_view, std::string_view>;

// What it takes for a word's characters, in a class; by itself, \w has six numbers of Latin-1 besides.
inline constexpr std::string_view onig_word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
inline constexpr std::string_view onig_lone_word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\xB2\\xB3\\xB9\\xBC-\\xBE";

/// [:name:] and \p{name}, as what stands between the brackets of a class.
inline constexpr std::array<onig_name, 12> onig_bracket_classes{{{"word", onig_word},
                                                                 {"alpha", "\\p{Alphabetic}"},
                                                                 {"alnum", "\\p{Alphabetic}\\p{Nd}"},
                                                                 {"digit", "\\p{Nd}"},
                                                                 {"space", "\\p{White_Space}"},
                                                                 {"upper", "\\p{Uppercase}"},
                                                                 {"lower", "\\p{Lowercase}"},
                                                                 {"punct", "\\p{P}\\p{S}"},
                                                                 {"cntrl", "\\p{Cc}"},
                                                                 {"xdigit", "0-9A-Fa-f"},
                                                                 {"blank", "\\p{Zs}\\t"},
                                                                 {"ascii", "\\x00-\\x7F"}}};

/// Those that are what does not stand between the brackets.
inline constexpr std::array<onig_name, 2> onig_inverse_classes{
    {{"graph", "\\p{White_Space}\\p{Cc}\\p{Cs}\\p{Cn}"}, {"print", "\\p{Cc}\\p{Cs}\\p{Cn}\\p{Zl}\\p{Zp}"}}};

/// Properties that are no scripts (\p{punct} is not [:punct:]), by their names without case and signs.
inline constexpr std::array<onig_name, 56> onig_properties{{{"any", "Any"},
                                                            {"alphabetic", "Alphabetic"},
                                                            {"whitespace", "White_Space"},
                                                            {"uppercase", "Uppercase"},
                                                            {"lowercase", "Lowercase"},
                                                            {"letter", "L"},
                                                            {"casedletter", "L&"},
                                                            {"lc", "L&"},
                                                            {"uppercaseletter", "Lu"},
                                                            {"lowercaseletter", "Ll"},
                                                            {"titlecaseletter", "Lt"},
                                                            {"modifierletter", "Lm"},
                                                            {"otherletter", "Lo"},
                                                            {"mark", "M"},
                                                            {"nonspacingmark", "Mn"},
                                                            {"spacingmark", "Mc"},
                                                            {"enclosingmark", "Me"},
                                                            {"punct", "P"},
                                                            {"number", "N"},
                                                            {"decimalnumber", "Nd"},
                                                            {"letternumber", "Nl"},
                                                            {"othernumber", "No"},
                                                            {"punctuation", "P"},
                                                            {"connectorpunctuation", "Pc"},
                                                            {"dashpunctuation", "Pd"},
                                                            {"openpunctuation", "Ps"},
                                                            {"closepunctuation", "Pe"},
                                                            {"initialpunctuation", "Pi"},
                                                            {"finalpunctuation", "Pf"},
                                                            {"otherpunctuation", "Po"},
                                                            {"symbol", "S"},
                                                            {"mathsymbol", "Sm"},
                                                            {"currencysymbol", "Sc"},
                                                            {"modifiersymbol", "Sk"},
                                                            {"othersymbol", "So"},
                                                            {"separator", "Z"},
                                                            {"spaceseparator", "Zs"},
                                                            {"lineseparator", "Zl"},
                                                            {"paragraphseparator", "Zp"},
                                                            {"other", "C"},
                                                            {"control", "Cc"},
                                                            {"format", "Cf"},
                                                            {"surrogate", "Cs"},
                                                            {"privateuse", "Co"},
                                                            {"unassigned", "Cn"},
                                                            {"emoji", "Emoji"},
                                                            {"emojipresentation", "Emoji_Presentation"},
                                                            {"emojimodifier", "Emoji_Modifier"},
                                                            {"emojicomponent", "Emoji_Component"},
                                                            {"extendedpictographic", "Extended_Pictographic"},
                                                            {"ideographic", "Ideographic"},
                                                            {"hexdigit", "Hex_Digit"},
                                                            {"math", "Math"},
                                                            {"dash", "Dash"},
                                                            {"idstart", "ID_Start"},
                                                            {"idcontinue", "ID_Continue"}}};

}  // namespace aha::detail::tokenizing
