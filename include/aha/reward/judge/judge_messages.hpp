#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/message.hpp>
#include <aha/reward/judge/rubric.hpp>

/// What judges are asked: one message of the user's each. The texts that are judged stand in tags that none of them
/// contains, and the judge is told that they are material and no instructions.
namespace aha {

/// Asks whether an answer is the reference's, for `read_reference_verdict`; as DeepSeek-R1 does where no rule can tell
/// (v2, listing 4).
std::vector<message> reference_messages(std::string_view question, std::string_view reference, std::string_view answer);

/// Asks which of two answers is better, for `read_pairwise_verdict`. The judge writes an answer of its own first, as in
/// Arena-Hard (Li et al. 2024), by whose prompt DeepSeek-R1's preference pairs were made.
std::vector<message> pairwise_messages(std::string_view question, std::string_view a, std::string_view b);

/// Asks for points by a rubric, for `read_rubric_verdict`.
std::vector<message> rubric_messages(std::string_view question, std::span<const criterion> rubric,
                                     std::string_view answer);

namespace detail {

/// The texts under their names, each between tags of its name, to which a number is added where a text contains them.
std::string tagged_texts(const std::vector<std::pair<std::string, std::string_view>>& texts);

}  // namespace detail

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/judge/judge_messages.ipp>
#endif
