#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include <aha/core/error.hpp>
#include <aha/core/report.hpp>

namespace aha {

/// Whether more or less of a metric is better.
enum class better { smaller, larger };

/// A metric that says how good the model is: a run can keep its best state and end when it stops getting better.
struct watched_metric {
    std::string name{};                  ///< of the step's metrics: "eval_loss", "eval_reward"; empty: none is watched
    better direction = better::smaller;  ///< which of two values is better
    double min_change = 0;               ///< by how much a value must be better to count
    std::int64_t patience = 0;  ///< measurements in a row, none better, after which the run ends; 0: it goes on

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(min_change >= 0 && std::isfinite(min_change), "min_change must be 0 or more, not ", min_change);
        require(patience >= 0, "patience must be 0 (off) or more measurements, not ", patience);
        require(!name.empty() || patience == 0, "patience is ", patience, ", but no metric is watched: give its name");
    }
};

/// The best value of a watched metric so far.
class best_so_far {
public:
    /// Throws `aha::error` if the options make no sense.
    explicit best_so_far(const watched_metric& options) : options_{options} { options_.validate(); }

    /// Looks at a step; true if it has the metric and it is the best so far. A value that is not finite never is.
    bool look(const step_report& report) {
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

    /// Whether as many measurements as `patience` went by without a better one.
    bool exhausted() const { return options_.patience > 0 && since_ >= options_.patience; }

    /// Why the run ends when it is.
    std::string reason() const {
        return options_.name + " has not improved for " + std::to_string(since_) + " measurements; the best, " +
               detail::readable(best_) + ", was that of step " + std::to_string(step_);
    }

    std::int64_t step() const { return step_; }  ///< of the best value; 0: there is none yet

    /// For a checkpoint.
    nlohmann::json save() const {
        return {{"name", options_.name}, {"best", best_}, {"step", step_}, {"since", since_}};
    }

    /// Takes back what `save` gave, if it is of the same metric.
    void load(const nlohmann::json& saved) {
        if (!saved.is_object() || saved.value("name", "") != options_.name) return;
        best_ = saved.value("best", 0.0), step_ = saved.value("step", std::int64_t{0});
        since_ = saved.value("since", std::int64_t{0});
    }

private:
    watched_metric options_;
    double best_ = 0;
    std::int64_t step_ = 0, since_ = 0;
};

}  // namespace aha
