#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/segment.hpp>

/// Who wrote a token: only what the policy wrote is trained, counted and compared; what the environment wrote between
/// its turns is context.
namespace aha {

/// The stretches of a completion's tokens that the policy wrote, in order: all of it unless it has turns.
inline std::vector<segment> policy_segments(const completion& c) {
    if (c.turns.empty()) return {{0, std::ssize(c.ids)}};
    std::vector<segment> own;
    own.reserve(c.turns.size());
    for (const turn& one : c.turns) own.push_back({one.begin, one.end - one.begin});
    return own;
}

/// How many tokens of a completion the policy wrote.
inline std::int64_t num_policy_tokens(const completion& c) {
    if (c.turns.empty()) return std::ssize(c.ids);
    std::int64_t count = 0;
    for (const turn& one : c.turns) count += one.end - one.begin;
    return count;
}

/// Calls `visit` with the place of each token that the policy wrote, `std::size_t`, in order.
template <class Visit>
void for_each_policy_token(const completion& c, const Visit& visit) {
    for (const segment& own : policy_segments(c))
        for (std::int64_t t = own.begin; t < own.end(); ++t) visit(static_cast<std::size_t>(t));
}

/// Throws `aha::error`, which begins with `where`, unless the completion's turns, if it has any, follow one another,
/// each with a token, and the last ends it.
inline void require_turns_in_order(const completion& c, const std::string& where) {
    std::int64_t end = 0;
    for (std::size_t n = 0; n < c.turns.size(); ++n) {
        const turn& one = c.turns[n];
        require(one.begin >= end && one.end > one.begin && (n > 0 || one.begin == 0), where, ": turn ", n,
                " has tokens ", one.begin, " to ", one.end, ", after the one that ends at ", end);
        end = one.end;
    }
    require(c.turns.empty() || end == std::ssize(c.ids), where, ": the last turn ends at token ", end, " of ",
            c.ids.size());
}

}  // namespace aha
