#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <examples/paper_in_miniature/laboratory.hpp>

namespace miniature {

using json = nlohmann::ordered_json;

/// A line of the table: two numbers, and what must be true of them.
struct row {
    std::string id;
    std::string text;   ///< the claim
    std::string paper;  ///< the paper's number, or where the claim is from
    std::string ours;   ///< what the two numbers are
    std::string gate;   ///< when it holds
};

/// An experiment of one or more rows. `test` gives {"rows": {id: {"from", "to", "holds"}, ...}, and what else is of
/// interest}.
struct claim {
    std::string name;
    std::vector<std::string> models;  ///< kept models that it begins with
    double seconds;                   ///< expected, without those models
    std::vector<row> rows;
    std::function<json(const laboratory&)> test;
};

inline json judged(double from, double to, bool holds) { return {{"from", from}, {"to", to}, {"holds", holds}}; }

/// Standard error of the difference of two accuracies on the same questions, as if the questions were different ones,
/// which is the cautious side for "not the same" and the generous side for "the same".
inline double error_of(const measured& a, const measured& b) { return std::hypot(a.error, b.error); }

/// Means of `every` steps of what a run shows, for those who want to see its course.
class course {
public:
    course(json& into, watcher also, std::int64_t every = 15) : into_{&into}, also_{std::move(also)}, every_{every} {}
    void operator()(const aha::step_report& step) {
        also_(step);
        for (const char* name : names)
            if (const auto value = step.find_metric(name)) sums_[name] += *value / static_cast<double>(every_);
        if (step.step % every_ != 0) return;
        json point{{"step", step.step}};
        for (const auto& [name, mean] : sums_) point[name] = std::round(mean * 1e4) / 1e4;
        into_->push_back(std::move(point));
        sums_.clear();
    }

private:
    static constexpr const char* names[] = {
        "rewards/accuracy/mean", "rewards/format/mean", "rewards/language/mean", "reward", "entropy", "kl",
        "frac_reward_zero_std"};
    json* into_;
    watcher also_;
    std::int64_t every_;
    std::map<std::string, double> sums_;
};

/// The number called `what` of the measurement called `when`.
inline double number(const json& found, const char* when, const char* what) { return found[when][what].get<double>(); }

}  // namespace miniature
