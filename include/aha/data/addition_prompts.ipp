#pragma once

#include <nlohmann/json.hpp>

#include <aha/data/addition_prompts.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/random.hpp>

namespace aha {

AHA_INLINE void addition_prompts_options::validate() const {
    const std::int64_t most = 1'000'000'000'000'000;
    require(low <= high, "low must be at most high, but they are ", low, " and ", high);
    require(low >= -most && high <= most, "low and high must be within ", -most, " and ", most, ", but are ", low,
            " and ", high);
}

}  // namespace aha

namespace aha::detail {

/// The part of a random key that says "which sums", and "which sums are held out".
inline constexpr std::uint64_t addition_stream = order_stream + 1, held_out_stream = order_stream + 2;

/// The `n`-th pair of a stream.
inline addends draw_addends(const random_stream& random, std::uint64_t n, const addition_prompts_options& options) {
    const auto span = static_cast<std::uint64_t>(options.high - options.low) + 1;
    const auto number = [&](std::uint64_t k) { return options.low + static_cast<std::int64_t>(random.below(k, span)); };
    return {number(2 * n), number(2 * n + 1)};
}

inline prompt addition_prompt(const addends& pair, std::int64_t index, const addition_prompts_options& options) {
    const auto [a, b] = pair;
    const std::string question = "What is " + std::to_string(a) + " + " + std::to_string(b) + "?";
    prompt asked;
    asked.index = index;
    asked.text = options.render ? options.render(question) : question;
    asked.fields = {{"question", question}, {"a", a}, {"b", b}, {"answer", a + b}};
    return asked;
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE std::vector<prompt> held_out_additions(std::int64_t count, std::uint64_t seed,
                                                  const addition_prompts_options& options) {
    options.validate();
    const double span = static_cast<double>(options.high - options.low) + 1;
    require(count >= 0 && static_cast<double>(count) <= span * span, "cannot hold out ", count, " of the ", span * span,
            " sums of two numbers from ", options.low, " to ", options.high);
    const random_stream random{{seed, 0, detail::held_out_stream, 0}};
    std::set<detail::addends> taken;
    std::vector<prompt> chosen;
    for (std::uint64_t n = 0; std::ssize(chosen) < count; ++n)
        if (const detail::addends pair = detail::draw_addends(random, n, options); taken.insert(pair).second)
            chosen.push_back(detail::addition_prompt(pair, std::ssize(chosen), options));
    return chosen;
}

AHA_INLINE addition_prompts::addition_prompts(addition_prompts_options options) : options_{std::move(options)} {
    options_.validate();
    for (const prompt& kept : options_.held_out) {
        require(kept["a"].is_number_integer() && kept["b"].is_number_integer(), "held-out prompt ", kept.index,
                " has an \"a\" or a \"b\" that is not a whole number");
        const auto a = kept["a"].get<std::int64_t>(), b = kept["b"].get<std::int64_t>();
        const auto inside = [&](std::int64_t x) { return options_.low <= x && x <= options_.high; };
        if (inside(a) && inside(b)) held_out_.insert({{a, b}, {b, a}});
    }
    const double span = static_cast<double>(options_.high - options_.low) + 1;
    require(static_cast<double>(held_out_.size()) < span * span, "all sums of two numbers from ", options_.low, " to ",
            options_.high, " are held out: none is left to ask");
    for (const auto& [a, b] : held_out_) sum_.add(std::to_string(a) + "+" + std::to_string(b));
}

AHA_INLINE std::optional<prompt> addition_prompts::next() {
    const random_stream random{{options_.seed, static_cast<std::uint64_t>(asked_), detail::addition_stream, 0}};
    std::uint64_t attempt = 0;
    detail::addends pair = detail::draw_addends(random, attempt, options_);
    while (held_out_.contains(pair)) pair = detail::draw_addends(random, ++attempt, options_);
    return detail::addition_prompt(pair, asked_++, options_);
}

AHA_INLINE state_values addition_prompts::save() const {
    state_values s;
    s.values = {{"asked", asked_},
                {"low", options_.low},
                {"high", options_.high},
                {"seed", options_.seed},
                {"held_out", sum_.value()}};
    return s;
}

AHA_INLINE void addition_prompts::load(const state_values& saved) {
    const std::string whose = "the additions";
    const auto low = detail::saved_number(saved, "low", whose), high = detail::saved_number(saved, "high", whose);
    require(low == options_.low && high == options_.high, "the saved place is in sums from ", low, " to ", high,
            ", but these are from ", options_.low, " to ", options_.high);
    const auto seed = static_cast<std::uint64_t>(detail::saved_number(saved, "seed", whose));
    require(seed == options_.seed, "the saved place in ", whose, " is in those of seed ", seed, ", not ",
            options_.seed);
    require(static_cast<std::uint64_t>(detail::saved_number(saved, "held_out", whose)) == sum_.value(),
            "the saved place in ", whose, " was made with other sums held out");
    const auto asked = detail::saved_number(saved, "asked", whose);
    require(asked >= 0, "the saved place in ", whose, ", ", asked, ", cannot be");
    asked_ = asked;
}

}  // namespace aha
