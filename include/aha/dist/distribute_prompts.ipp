#pragma once

#include <cstdint>

#include <aha/dist/distribute_prompts.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail {

AHA_INLINE void put_group(byte_writer& to, const rollout_group& group) {
    to.put(static_cast<std::uint64_t>(group.completions.size()));
    for (const completion& c : group.completions) {
        // All members by name: one that is added and forgotten here does not compile.
        const auto& [ids, text, log_probs, behavior_log_probs, entropies, ref_log_probs, finish, turns] = c;
        to.put(ids), to.put(text), to.put(log_probs), to.put(behavior_log_probs), to.put(entropies);
        to.put(ref_log_probs), to.put(finish), to.put(static_cast<std::uint64_t>(turns.size()));
        for (const turn& one : turns) {
            const auto& [begin, end, said, heard, reward] = one;
            to.put(begin), to.put(end), to.put(said), to.put(heard), to.put(reward);
        }
    }
    to.put(static_cast<std::uint64_t>(group.scores.size()));
    for (const score& s : group.scores) {
        const auto& [value, parts, steps, applicable] = s;
        to.put(value), to.put(applicable), to.put(steps), to.put_pairs(parts);
    }
}

AHA_INLINE rollout_group get_group(byte_reader& from, prompt asked) {
    rollout_group group;
    group.prompt = std::move(asked);
    for (auto left = from.get<std::uint64_t>(); left > 0; --left) {
        completion& c = group.completions.emplace_back();
        c.ids = from.get<std::vector<token_id>>();
        c.text = from.get<std::string>();
        c.log_probs = from.get<std::vector<float>>();
        c.behavior_log_probs = from.get<std::vector<float>>();
        c.entropies = from.get<std::vector<float>>();
        c.ref_log_probs = from.get<std::vector<float>>();
        c.finish = from.get<finish_reason>();
        for (auto turns = from.get<std::uint64_t>(); turns > 0; --turns) {
            turn& one = c.turns.emplace_back();
            one.begin = from.get<std::int64_t>();
            one.end = from.get<std::int64_t>();
            one.said = from.get<std::string>();
            one.heard = from.get<std::string>();
            one.reward = from.get<double>();
        }
    }
    for (auto left = from.get<std::uint64_t>(); left > 0; --left) {
        score& s = group.scores.emplace_back();
        s.value = from.get<double>();
        s.applicable = from.get<bool>();
        s.steps = from.get<std::vector<step_score>>();
        s.parts = from.get_pairs<decltype(s.parts)>();
    }
    return group;
}

}  // namespace aha::detail
