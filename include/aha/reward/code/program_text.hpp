#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <aha/reward/code/language.hpp>

namespace aha::code {

/// Where a completion's program stands.
enum class program_place {
    last_block,         ///< the last fenced block that is closed, in the language or without one
    last_block_or_all,  ///< the same, or all of the text where no block is
    all,                ///< all of the text
};

/// The program that a text gives, without its fences; nothing if it gives none.
///
/// A block begins with a line of three or more backticks or tildes, after at most blanks, and a word or none; it ends
/// with a line of at least as many of the same and nothing else, as in CommonMark. A block whose word names another
/// language is none. What stands before the last `</think>` is thought and not searched. Linear time.
std::optional<std::string> program_text(std::string_view text, const language& of,
                                        program_place place = program_place::last_block);

}  // namespace aha::code

#ifndef AHA_COMPILED
#include <aha/reward/code/program_text.ipp>
#endif
