#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/optimizer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/parameters.hpp>
#include <aha/core/state.hpp>
#include <aha/optim/freeze.hpp>

namespace aha {

/// Parameters that are updated in another way than the rest.
template <class Optimizer>
struct parameter_group {
    std::string pattern;       ///< of their names: see `name_matches`
    double learning_rate = 1;  ///< times the trainer's; 0: they are left as they are
    Optimizer optimizer{};     ///< what updates them
};

/// An optimizer that updates groups of parameters each in its own way: another learning rate, another weight decay. A
/// parameter belongs to the first group whose pattern its name matches, else to the rest.
///
///     aha::parameter_groups{aha::adamw{{.weight_decay = 0.1}},
///                           {{.pattern = "*embed*", .learning_rate = 0.1}, {.pattern = "*norm*", .learning_rate = 0}}}
///
/// Neighbors of one group are updated together, by a copy of the group's optimizer for each such run.
template <optimizer Optimizer>
class parameter_groups {
public:
    /// @param rest updates what belongs to no group
    /// Throws `aha::error` for a learning rate that is negative or not finite.
    parameter_groups(Optimizer rest, std::vector<parameter_group<Optimizer>> groups)
        : rest_{std::move(rest)}, groups_{std::move(groups)} {
        for (const parameter_group<Optimizer>& group : groups_)
            require(group.learning_rate >= 0 && std::isfinite(group.learning_rate), "the learning rate of \"",
                    group.pattern, "\" must be 0 or more times the trainer's, not ", group.learning_rate);
    }

    /// Throws `aha::error` if a group matches no parameter, or if these are another model's than before.
    void step(const parameters& weights, double learning_rate) {
        if (runs_.empty()) cut(weights);
        require(runs_.back().end == weights.size(),
                "parameter_groups was given weights of another model: ", weights.size(), " parameters instead of ",
                runs_.back().end);
        for (run& one : runs_)
            if (one.learning_rate > 0)
                one.optimizer.step(weights.part(one.begin, one.end), learning_rate * one.learning_rate);
    }

    state save() const {
        state s = pending_;
        for (std::size_t i = 0; i < runs_.size(); ++i) s.put(std::to_string(i), runs_[i].optimizer.save());
        s.values["runs"] = runs_.empty() ? s.values.value("runs", std::size_t{0}) : runs_.size();
        return s;
    }

    void load(const state& saved) {
        runs_.clear();
        pending_ = saved;  // whose runs are known with the weights, at the next step
    }

private:
    struct run {
        std::size_t begin, end;  // parameters
        double learning_rate;
        Optimizer optimizer;
    };

    void cut(const parameters& weights) {
        std::vector<bool> used(groups_.size());
        const auto group_of = [&](std::size_t i) {
            for (std::size_t g = 0; g < groups_.size(); ++g)
                if (name_matches(groups_[g].pattern, weights.at(i).name)) {
                    used[g] = true;
                    return g;
                }
            return groups_.size();
        };
        std::vector<run> runs;
        std::size_t last = groups_.size() + 1;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const std::size_t g = group_of(i);
            if (g == last) runs.back().end = i + 1;
            else if (g < groups_.size()) runs.push_back({i, i + 1, groups_[g].learning_rate, groups_[g].optimizer});
            else runs.push_back({i, i + 1, 1, rest_});
            last = g;
        }
        for (std::size_t g = 0; g < groups_.size(); ++g)
            require(used[g], "no parameter belongs to the group \"", groups_[g].pattern,
                    "\": its pattern matches no name, or earlier groups have them all");
        if (pending_.values.contains("runs") && pending_.values["runs"] != 0) {
            require(pending_.values["runs"] == runs.size(), "the saved parameter_groups has ",
                    pending_.values["runs"].dump(), " runs of parameters, not ", runs.size(),
                    ": it was made with other groups");
            for (std::size_t i = 0; i < runs.size(); ++i) runs[i].optimizer.load(pending_.part(std::to_string(i)));
        }
        pending_ = {};
        runs_ = std::move(runs);
    }

    Optimizer rest_;
    std::vector<parameter_group<Optimizer>> groups_;
    std::vector<run> runs_;
    state pending_;  // loaded before the weights were known
};

template <class Optimizer>
parameter_groups(Optimizer, std::vector<parameter_group<Optimizer>>) -> parameter_groups<Optimizer>;

}  // namespace aha
