#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>

namespace aha {

/// Completions on their way, a token at a time. Made by a sampler's `start`.
class sampling_run {
public:
    /// @param loop whose `step()` draws the next tokens, and says whether any completion has not ended
    template <class Loop>
    sampling_run(std::vector<rollout_group> groups, std::shared_ptr<Loop> loop)
        : groups_{std::move(groups)}, step_{[loop = std::move(loop)] { return loop->step(); }} {}
    sampling_run(sampling_run&&) = default;
    sampling_run& operator=(sampling_run&&) = default;

    /// Draws the next token of each completion that has not ended; false once all have.
    bool step() { return step_(); }

    /// The groups, with the tokens drawn so far; a completion has its `text` once it has ended.
    const std::vector<rollout_group>& groups() const& { return groups_; }
    std::vector<rollout_group> groups() && { return std::move(groups_); }  ///< the same, to keep

private:
    std::vector<rollout_group> groups_;
    std::function<bool()> step_;
};

}  // namespace aha
