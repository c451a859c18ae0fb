#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/state.hpp>
#include <aha/train/learning_rate_state.hpp>

namespace aha {

/// What a trainer that goes on from a checkpoint does otherwise than the one that wrote it, a sentence each: the steps
/// of the whole run, the course of the learning rate.
/// @param saved with "total_steps" and "learning_rate"; older checkpoints have neither, and say nothing
/// @param peak learning rate that the schedule multiplies
/// @param total steps now; 0: the trainer does not know
template <class Schedule>
std::vector<std::string> resume_notes(const state& saved, const Schedule& schedule, double peak, std::int64_t done,
                                      std::int64_t total) {
    std::vector<std::string> notes;
    const std::int64_t before = saved.values.value("total_steps", total);
    if (before != total)
        notes.push_back("the run has " + std::to_string(total) + " steps in all now, " + std::to_string(before) +
                        " before: batch size or epochs are not the checkpoint's");
    if (std::string change = learning_rate_change(saved, schedule, peak, done); !change.empty())
        notes.push_back(std::move(change));
    return notes;
}

}  // namespace aha
