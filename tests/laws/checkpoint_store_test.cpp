#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>

#include <aha/io/folder_checkpoints.hpp>
#include <aha/testing/laws/checkpoint_store_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <tests/laws/mutants.hpp>
#include <tests/support/made_folder.hpp>

namespace aha::testing {
namespace {

class folder_case {
public:
    folder_checkpoints open() const { return folder_checkpoints{place_.path() / "checkpoints"}; }

private:
    test::made_folder place_;
};
const bool registered = register_laws("checkpoint_store_laws/folder", checkpoint_store_laws::all<folder_case>());

/// A store in memory, with a defect each.
enum class defect { none, never_empty, loses_precision, orders_as_text, forgets, shares };

state copy_of(const state& whole) {
    state copy = whole;
    for (auto& [name, tensor] : copy.tensors) tensor = tensor.clone();
    return copy;
}

template <defect Defect>
class memory_store {
public:
    using place = std::map<std::int64_t, state>;
    explicit memory_store(std::shared_ptr<place> kept) : kept_{std::move(kept)} {}
    void save(std::int64_t step, const state& whole) {
        state copy = Defect == defect::shares ? whole : copy_of(whole);
        if constexpr (Defect == defect::loses_precision)
            for (auto& [name, tensor] : copy.tensors) tensor = tensor.to(at::kFloat);
        (*kept_)[step] = copy;
    }
    std::optional<std::pair<std::int64_t, state>> load_latest() {
        if (kept_->empty()) {
            if (Defect == defect::never_empty) return std::pair{std::int64_t{0}, state{}};
            return std::nullopt;
        }
        auto latest = std::prev(kept_->end());
        if constexpr (Defect == defect::orders_as_text)
            latest = std::ranges::max_element(*kept_, {}, [](const auto& one) { return std::to_string(one.first); });
        return *latest;
    }

private:
    std::shared_ptr<place> kept_;
};

template <defect Defect>
class memory_case {
public:
    memory_store<Defect> open() const {
        return memory_store<Defect>{Defect == defect::forgets ? std::make_shared<place>() : place_};
    }

private:
    using place = typename memory_store<Defect>::place;
    std::shared_ptr<place> place_ = std::make_shared<place>();
};

TEST(checkpoint_store_laws, each_is_needed) {
    test::expect_a_mutant_for_each_law(
        checkpoint_store_laws::all<memory_case<defect::none>>(),
        {test::mutant_of("gives_nothing_when_empty", checkpoint_store_laws::all<memory_case<defect::never_empty>>()),
         test::mutant_of("gives_back_what_was_saved",
                         checkpoint_store_laws::all<memory_case<defect::loses_precision>>()),
         test::mutant_of("gives_the_greatest_step", checkpoint_store_laws::all<memory_case<defect::orders_as_text>>()),
         test::mutant_of("keeps_it_for_the_next_program", checkpoint_store_laws::all<memory_case<defect::forgets>>()),
         test::mutant_of("is_not_changed_by_what_follows", checkpoint_store_laws::all<memory_case<defect::shares>>())});
    for (const law& one : checkpoint_store_laws::all<memory_case<defect::none>>())
        EXPECT_EQ(one.broken(), "") << one.name;
}

}  // namespace
}  // namespace aha::testing
