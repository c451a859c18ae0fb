#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>

#include <aha/concepts/stateful.hpp>
#include <aha/core/report.hpp>

/// An objective is what a trainer trains for. It says what a step learns from, adds its gradient, and reports.
///
/// 1. `next(const step_context<Model, Communicator>& at)` gives what the next step learns from, a batch of any movable
///    type; on every rank the whole of it, or its own share (`local_shard(at.ranks, ...)`). It throws when there is
///    nothing left.
/// 2. `accumulate(const Model&, Batch&, std::size_t update, const microbatch_hook&)` adds this rank's share of the
///    gradient of an update to the model's gradients. It gives this rank's sums: the loss as a `double`, or a type with
///    a member `loss` and `joined(ranks) const`, which gives the same over all ranks.
/// 3. `report(const Batch&, std::span<const Sums>, const update_record&)` gives the step's metrics, by name, beside
///    those that the trainer measures itself (`loss`, `grad_norm`, `learning_rate`, `num_tokens`, times).
/// 4. `save() const` and `load(const state&)`: what it must remember to go on bit for bit.
///
/// Optional members have clauses of their own below: `updates`, `steps_left`, `num_tokens`, `groups`, `place` and
/// `go_back`, `after_step`, `default_schedule`.
///
/// Not required: knowledge of the optimizer, of clipping, of checkpoints, of evaluation; copies.
namespace aha {

/// What an objective is told of the step that it makes a batch for.
template <class Model, class Communicator>
struct step_context {
    const Model& model;         ///< as it is before the step
    const Communicator& ranks;  ///< which of how many ranks this is
    std::int64_t step = 0;      ///< steps done before
};

/// What a trainer measured of a step's updates.
struct update_record {
    std::int64_t updates = 0;  ///< optimizer steps
    double loss = 0;           ///< mean over updates
    double grad_norm = 0;      ///< mean over updates, before clipping
    double learning_rate = 0;  ///< by the schedule, also of a step without an update
    double seconds = 0;        ///< of all updates
};

/// Called before each microbatch of a gradient is computed: which of how many.
using microbatch_hook = std::function<void(std::size_t index, std::size_t count)>;

/// Does nothing.
inline microbatch_hook no_hook() {
    return [](std::size_t, std::size_t) {};
}

/// What `next` gives.
template <class O, class Model, class Communicator>
using batch_of = decltype(std::declval<O&>().next(std::declval<const step_context<Model, Communicator>&>()));

/// What `accumulate` gives.
template <class O, class Model, class Communicator>
using sums_of = decltype(std::declval<O&>().accumulate(std::declval<const Model&>(),
                                                       std::declval<batch_of<O, Model, Communicator>&>(), std::size_t{},
                                                       std::declval<const microbatch_hook&>()));

/// `next(const step_context<Model, Communicator>&)` gives a batch.
template <class O, class Model, class Communicator>
concept objective_has_next = requires(O& o, const step_context<Model, Communicator>& at) { o.next(at); } &&
                             std::move_constructible<batch_of<O, Model, Communicator>>;

/// `accumulate(const Model&, Batch&, std::size_t, const microbatch_hook&)` gives sums.
template <class O, class Model, class Communicator>
concept objective_has_accumulate =
    requires(O& o, const Model& model, batch_of<O, Model, Communicator>& batch, std::size_t update,
             const microbatch_hook& before) { o.accumulate(model, batch, update, before); };

/// The sums are a loss, or can be joined with those of other ranks.
template <class O, class Model, class Communicator>
concept objective_sums_can_be_joined =
    std::convertible_to<sums_of<O, Model, Communicator>, double> ||
    requires(const sums_of<O, Model, Communicator>& sums, const Communicator& ranks) {
        { sums.joined(ranks) } -> std::same_as<sums_of<O, Model, Communicator>>;
        { sums.loss } -> std::convertible_to<double>;
    };

/// `report(const Batch&, std::span<const Sums>, const update_record&)` gives metrics.
template <class O, class Model, class Communicator>
concept objective_has_report =
    requires(const O& o, const batch_of<O, Model, Communicator>& batch,
             std::span<const std::remove_cvref_t<sums_of<O, Model, Communicator>>> sums, const update_record& record) {
        { o.report(batch, sums, record) } -> std::convertible_to<metric_list>;
    };

/// `updates(const Batch&)`, not required: how many optimizer steps a batch makes.
template <class O, class Batch>
concept objective_says_updates = requires(const O& o, const Batch& batch) {
    { o.updates(batch) } -> std::convertible_to<std::int64_t>;
};

/// `steps_left() const`, not required: how many steps the data still makes.
template <class O>
concept objective_knows_its_end = requires(const O& o) {
    { o.steps_left() } -> std::convertible_to<std::int64_t>;
};

/// `num_tokens(const Batch&) const`, not required: tokens of all ranks, for the metric of that name.
template <class O, class Batch>
concept objective_counts_tokens = requires(const O& o, const Batch& batch) {
    { o.num_tokens(batch) } -> std::convertible_to<std::int64_t>;
};

/// `groups(Batch) const`, not required: the rollout, for observers.
template <class O, class Batch>
concept objective_has_groups = requires(const O& o, Batch batch) { o.groups(std::move(batch)); };

/// `place() const` and `go_back(place)`, not required: where a step that fails goes back to, cheaper than `save`.
template <class O>
concept objective_goes_back = requires(O& o) { o.go_back(o.place()); };

/// `after_step(const Model&, std::int64_t)`, not required: called after each step with the steps done.
template <class O, class Model>
concept objective_follows_steps = requires(O& o, const Model& model, std::int64_t step) { o.after_step(model, step); };

/// `default_schedule(std::int64_t) const`, not required: of a run of so many steps that is given no schedule.
template <class O, class Schedule>
concept objective_has_default_schedule =
    requires(const O& o, std::int64_t steps) { Schedule{o.default_schedule(steps)}; };

/// What a trainer of `Model` trains for.
template <class O, class Model, class Communicator>
concept objective =
    objective_has_next<O, Model, Communicator> && objective_has_accumulate<O, Model, Communicator> &&
    objective_sums_can_be_joined<O, Model, Communicator> && objective_has_report<O, Model, Communicator> && stateful<O>;

/// True, or a compile-time error that says what to write.
template <class O, class Model, class Communicator>
consteval bool require_objective() {
    static_assert(objective_has_next<O, Model, Communicator>,
                  "aha: an objective says what the next step learns from; write: "
                  "my_batch next(const auto& at);  // an aha::step_context: at.model, at.ranks, at.step");
    if constexpr (objective_has_next<O, Model, Communicator>) {
        static_assert(objective_has_accumulate<O, Model, Communicator>,
                      "aha: an objective adds the gradient of its batch to the model's and gives its loss; write: "
                      "double accumulate(const auto& model, my_batch& batch, std::size_t update, "
                      "const aha::microbatch_hook& before);");
        if constexpr (objective_has_accumulate<O, Model, Communicator>) {
            static_assert(objective_sums_can_be_joined<O, Model, Communicator>,
                          "aha: what an objective adds up is a double, this rank's part of the loss, or a type with "
                          "double loss; and: my_sums joined(const auto& ranks) const;");
            static_assert(objective_has_report<O, Model, Communicator>,
                          "aha: an objective reports metrics by name; write: aha::metric_list report(const my_batch& "
                          "batch, std::span<const double> losses, const aha::update_record& record) const;");
        }
    }
    static_assert(saves_state<O>,
                  "aha: an objective gives what it remembers for checkpoints; write: aha::state save() const;");
    static_assert(loads_state<O>,
                  "aha: an objective goes on from a checkpoint; write: void load(const aha::state& saved);");
    return true;
}

}  // namespace aha
