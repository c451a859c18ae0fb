#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>

#include <aha/core/report.hpp>

namespace aha {

/// The steps of a trainer up to step `last`, an input range: each step is taken once, however often its report is read.
/// It is taken when the loop looks at it or passes over it, so that `views::take(n)`, which moves on from its last
/// element, takes n steps and not one more. The trainer outlives the range; steps that the loop takes itself count.
template <class Trainer>
class steps_range : public std::ranges::view_interface<steps_range<Trainer>> {
public:
    /// @param last of the steps, counted from 1 as in a report
    steps_range(Trainer& trainer, std::int64_t last) : trainer_{&trainer}, last_{last} {}

    /// Where the range is; all of a range's iterators move together.
    class iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = step_report;
        using difference_type = std::ptrdiff_t;

        iterator() = default;  ///< at nothing
        /// Of this range, which outlives it.
        explicit iterator(steps_range& range) : range_{&range} {}

        /// The step's report. Throws what the step throws.
        const step_report& operator*() const { return range_->look(); }
        /// On to the next step; one that was not looked at is taken.
        iterator& operator++() {
            range_->pass();
            return *this;
        }
        /// The same.
        void operator++(int) { ++*this; }
        /// Whether no step is left.
        bool operator==(std::default_sentinel_t) const { return range_->at_end(); }

    private:
        steps_range* range_ = nullptr;
    };

    /// At the first step that was not taken yet.
    iterator begin() { return iterator{*this}; }
    /// After step `last`.
    std::default_sentinel_t end() const { return {}; }

private:
    const step_report& look() {
        if (!report_) {
            report_.emplace(trainer_->step());
            report_->total_steps = last_;
        }
        return *report_;
    }
    void pass() {
        look();
        report_.reset();
    }
    bool at_end() const { return !report_ && trainer_->steps_done() >= last_; }

    Trainer* trainer_;
    std::int64_t last_;
    std::optional<step_report> report_;  // of the step that the loop is at
};

}  // namespace aha
