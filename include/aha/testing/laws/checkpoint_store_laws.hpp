#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <array>
#include <cstdint>
#include <string>

#include <aha/concepts/checkpoint_store.hpp>
#include <aha/core/state.hpp>
#include <aha/testing/laws/law.hpp>

/// Laws of a checkpoint store:
///
///     struct my_case {
///         my_case();     // prepares an empty place
///         ~my_case();    // and clears it
///         my_store open() const;  // the store at this place, as a program that starts again opens it
///     };
namespace aha::testing::checkpoint_store_laws {

namespace detail {

inline state some_state(std::int64_t step) {
    state s;
    s.tensors["weights"] = at::arange(12, at::kFloat).view({3, 4}).add(step);
    s.tensors["moments/double"] = at::tensor({0.1, 1e-300, -3.0}, at::kDouble);
    s.tensors["bfloat16"] = at::arange(7, at::kBFloat16);
    s.tensors["counts"] = at::tensor({std::int64_t{1} << 60, std::int64_t{-1}}, at::kLong);
    s.tensors["bytes"] = at::arange(5, at::kByte);
    s.tensors["empty"] = at::arange(0, at::kFloat);
    s.values = {{"step", step},
                {"seed", 18446744073709551615ULL},
                {"rate", 0.1},
                {"text", "a \"quoted\" ü\n"},
                {"nested", {{"list", {1, 2, 3}}, {"nothing", nullptr}}}};
    return s;
}

inline std::string difference(const state& got, const state& wanted) {
    for (const auto& [name, tensor] : wanted.tensors) {
        const auto found = got.tensors.find(name);
        if (found == got.tensors.end()) return "the tensor \"" + name + "\" is lost";
        if (found->second.scalar_type() != tensor.scalar_type() || found->second.sizes() != tensor.sizes() ||
            !at::equal(found->second, tensor))
            return "the tensor \"" + name + "\" comes back as another";
    }
    if (got.tensors.size() != wanted.tensors.size()) return "there is a tensor that was not saved";
    if (got.values != wanted.values) return "the values " + wanted.values.dump() + " come back as " + got.values.dump();
    return {};
}

}  // namespace detail

/// A place where nothing was saved gives nothing: a run starts from the beginning.
template <class Case>
std::string gives_nothing_when_empty() {
    const Case place;
    auto store = place.open();
    if (const auto found = store.load_latest()) return sentence("an empty store gives step ", found->first);
    return {};
}

/// What was saved comes back whole: every type of tensor, every value, to the bit.
template <class Case>
std::string gives_back_what_was_saved() {
    const Case place;
    auto store = place.open();
    store.save(7, detail::some_state(7));
    const auto found = store.load_latest();
    if (!found) return "a saved state is not found";
    if (found->first != 7) return sentence("a state saved under step 7 comes back under ", found->first);
    return detail::difference(found->second, detail::some_state(7));
}

/// The greatest step wins, as a number: 10 comes after 9. (A step saved after a greater one is another run's; a store
/// may put that run's aside.)
template <class Case>
std::string gives_the_greatest_step() {
    const Case place;
    auto store = place.open();
    for (const std::int64_t step : {2, 9, 10}) store.save(step, detail::some_state(step));
    const auto found = store.load_latest();
    if (!found || found->first == 10) return {};
    return sentence("of the steps 2, 9 and 10 gives ", found->first);
}

/// What was saved is there for the program that starts again.
template <class Case>
std::string keeps_it_for_the_next_program() {
    const Case place;
    {
        auto store = place.open();
        store.save(3, detail::some_state(3));
    }
    auto store = place.open();
    if (!store.load_latest()) return "a state that was saved is gone once the store is opened again";
    return {};
}

/// What is saved is the state at that moment: the trainer goes on writing to the same tensors.
template <class Case>
std::string is_not_changed_by_what_follows() {
    const Case place;
    auto store = place.open();
    const state saved = detail::some_state(1);
    store.save(1, saved);
    for (const auto& [name, tensor] : saved.tensors) tensor.zero_();
    const auto found = store.load_latest();
    if (!found) return {};
    const at::Tensor kept = found->second.tensors.at("weights");
    if (!at::equal(kept, detail::some_state(1).tensors.at("weights")))
        return "a saved tensor changes with the one it was saved from";
    return {};
}

/// All of them.
template <class Case>
constexpr std::array<law, 5> all() {
    return {{{"gives_nothing_when_empty", gives_nothing_when_empty<Case>},
             {"gives_back_what_was_saved", gives_back_what_was_saved<Case>},
             {"gives_the_greatest_step", gives_the_greatest_step<Case>},
             {"keeps_it_for_the_next_program", keeps_it_for_the_next_program<Case>},
             {"is_not_changed_by_what_follows", is_not_changed_by_what_follows<Case>}}};
}

}  // namespace aha::testing::checkpoint_store_laws
