#pragma once

#include <cmath>

#include <aha/train/run_training.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE void watched_metric::validate() const {
    require(min_change >= 0 && std::isfinite(min_change), "min_change must be 0 or more, not ", min_change);
    require(patience >= 0, "patience must be 0 (off) or more measurements, not ", patience);
    require(!name.empty() || patience == 0, "patience is ", patience, ", but no metric is watched: give its name");
}

AHA_INLINE bool best_so_far::look(const step_report& report) {
    const std::optional<double> value = options_.name.empty() ? std::nullopt : report.find_metric(options_.name);
    if (!value) return false;
    const double gain = options_.direction == better::larger ? *value - best_ : best_ - *value;
    if (!std::isfinite(*value) || (step_ > 0 && !(gain > options_.min_change))) {
        ++since_;
        return false;
    }
    best_ = *value, step_ = report.step, since_ = 0;
    return true;
}

AHA_INLINE std::string best_so_far::reason() const {
    return options_.name + " has not improved for " + std::to_string(since_) + " measurements; the best, " +
           detail::readable(best_) + ", was that of step " + std::to_string(step_);
}

AHA_INLINE nlohmann::json best_so_far::save() const {
    return {{"name", options_.name}, {"best", best_}, {"step", step_}, {"since", since_}};
}

AHA_INLINE void best_so_far::load(const nlohmann::json& saved) {
    if (!saved.is_object() || saved.value("name", "") != options_.name) return;
    best_ = saved.value("best", 0.0), step_ = saved.value("step", std::int64_t{0});
    since_ = saved.value("since", std::int64_t{0});
}

AHA_INLINE void run_options::validate() const {
    require(!steps || *steps > 0, "a run needs at least one step, not ", steps.value_or(0));
    require(checkpoint_every >= 0, "checkpoint_every must be 0 (never) or more, not ", checkpoint_every);
    require(checkpoint_minutes >= 0, "checkpoint_minutes must be 0 (never) or more, not ", checkpoint_minutes);
    require(max_minutes >= 0, "max_minutes must be 0 (no limit) or more, not ", max_minutes);
    watched.validate();
}

}  // namespace aha

namespace aha::detail {

AHA_INLINE std::string message_of(const std::exception_ptr& problem) {
    try {
        std::rethrow_exception(problem);
    } catch (const std::exception& known) {
        const std::string text = known.what();  // LibTorch adds a stack trace after the first line
        return text.empty() ? "an exception without a message" : text.substr(0, text.find('\n'));
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace aha::detail
