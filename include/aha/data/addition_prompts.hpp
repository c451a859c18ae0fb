#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/core/state_values.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha {

/// Which sums are asked, and how they are put.
struct addition_prompts_options {
    std::int64_t low = 1, high = 50;  ///< both numbers are uniform in [low, high]
    std::uint64_t seed = 0;           ///< the n-th question derives from it and n alone
    std::vector<prompt> held_out{};   ///< sums never asked, in either order; from `held_out_additions`
    /// What the model reads, made of "What is a + b?": a template filled in. Empty: the question itself.
    std::function<std::string(std::string_view question)> render{};

    void validate() const;
};

namespace detail {

using addends = std::pair<std::int64_t, std::int64_t>;

}  // namespace detail

/// `count` different sums to keep for evaluation, `prompt::index` from 0; of `options`, `low`, `high` and `render`
/// count. Throws `aha::error` if there are not so many.
std::vector<prompt> held_out_additions(std::int64_t count, std::uint64_t seed,
                                       const addition_prompts_options& options = {});

/// "What is a + b?" without end, a prompt source: `prompt::fields` holds "question", "a", "b" and "answer",
/// `prompt::index` counts from 0.
class addition_prompts {
public:
    /// Throws `aha::error` for a range that is empty, or that is held out as a whole.
    explicit addition_prompts(addition_prompts_options options = {});

    /// The next question; there always is one.
    std::optional<prompt> next();

    state_values save() const;

    /// Goes back to a saved place. Throws `aha::error` if that is a place in other questions.
    void load(const state_values& saved);

private:
    addition_prompts_options options_;
    std::set<detail::addends> held_out_;  // and those turned round
    detail::fingerprint sum_;             // of what is held out
    std::int64_t asked_ = 0;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/data/addition_prompts.ipp>
#endif
