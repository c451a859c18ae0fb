#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/prompt_source.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/state.hpp>
#include <aha/rollout/prompt_reader.hpp>

namespace aha::detail {

/// The prompts of a source from where it is, at most `most` if that is not 0; the source goes back there.
template <class Prompts>
std::vector<prompt> all_of(Prompts& source, std::int64_t most) {
    constexpr std::int64_t endless = 1'000'000;
    const state place = source.save();
    std::vector<prompt> all;
    while (most == 0 || std::ssize(all) < most) {
        std::optional<prompt> next = source.next();
        if (!next) break;
        require(most > 0 || std::ssize(all) < endless, "the prompt source gave ", endless,
                " prompts and did not end; let it end (epochs = 1) or say how many to take (prompts)");
        all.push_back(std::move(*next));
    }
    source.load(place);
    return all;
}

/// What a model is evaluated on, with tokens: the prompts of a source, or of a range of prompts or texts. Those that
/// have the same index are told apart by `repeat`.
template <class Source, class Prompts>
std::vector<prompt> held_out_prompts(const Source& source, Prompts& prompts, const prompt_limits& limits,
                                     std::int64_t completion_tokens, std::int64_t most) {
    std::vector<prompt> all;
    if constexpr (prompt_source<Prompts>) {
        all = all_of(prompts, most);
    } else {
        static_assert(std::ranges::input_range<Prompts>,
                      "aha: a model is evaluated on a prompt source or on a range of prompts or texts; write: "
                      "std::vector<aha::prompt>");
        for (auto&& one : prompts) {
            if (most > 0 && std::ssize(all) == most) break;
            if constexpr (std::convertible_to<decltype(one), const prompt&>) {
                all.push_back(one);
            } else {
                prompt& text = all.emplace_back();
                text.index = std::ssize(all) - 1;
                text.text = std::string{one};
            }
        }
    }
    prompt_fitter fit{source, limits, completion_tokens};
    std::vector<prompt> fitted;
    std::map<std::int64_t, std::uint64_t> times;
    for (prompt& one : all)
        if (std::optional<prompt> p = fit(std::move(one))) {
            p->repeat = times[p->index]++;
            fitted.push_back(std::move(*p));
        }
    require(!fitted.empty(), "there are no prompts to evaluate on", fit.dropped() > 0 ? ": all are too long" : "");
    return fitted;
}

}  // namespace aha::detail
