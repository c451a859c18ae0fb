#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/core/state_values.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha::detail {

/// Random whole numbers one after another.
class draws {
public:
    explicit draws(const random_key& key) : random_{key} {}

    std::size_t below(std::size_t bound) { return random_.below(n_++, bound); }  ///< in [0, bound)

    std::int64_t between(std::int64_t low, std::int64_t high) {  ///< in [low, high]
        return low + static_cast<std::int64_t>(below(static_cast<std::size_t>(high - low) + 1));
    }

    template <class List>
    const auto& one_of(const List& list) {
        return list[below(std::size(list))];
    }

private:
    random_stream random_;
    std::uint64_t n_ = 0;
};

struct generated_problem {
    std::string canonical;  ///< equal for problems that are the same in other words or another order
    std::string question;
    json fields = json::object();  ///< without the question
};

/// Whether a problem is kept for evaluation: decided by its canonical form alone, so that it holds for every seed, and
/// for problems that nobody has drawn yet.
inline bool is_held_out(std::string_view canonical, std::int64_t every) {
    fingerprint sum;
    sum.add(canonical);
    // FNV's low bits mix badly; a stream's first number does not.
    return random_stream{{sum.value(), 0, order_stream, 0}}.below(0, static_cast<std::uint64_t>(every)) == 0;
}

/// What all generators of problems share.
struct problem_stream_options {
    std::string whose;                                   ///< what messages call the problems
    nlohmann::json settings = nlohmann::json::object();  ///< of the generator: a place is one in these problems only
    std::uint64_t seed = 0;
    std::int64_t held_out_every = 10;
    std::function<std::string(std::string_view question)> render{};

    void validate() const { require(held_out_every >= 2, "held_out_every must be at least 2, not ", held_out_every); }
};

/// Problems without end, of those that are not held out, and those that are. The n-th derives from the seed and n
/// alone.
class problem_stream {
public:
    /// Makes a problem, or nothing if these draws led nowhere.
    using maker = std::function<std::optional<generated_problem>(draws&)>;

    problem_stream(problem_stream_options options, maker make) : options_{std::move(options)}, make_{std::move(make)} {
        options_.validate();
        options_.settings["seed"] = options_.seed;
        options_.settings["held_out_every"] = options_.held_out_every;
    }

    /// Throws `aha::error` if none can be found.
    std::optional<prompt> next() {
        for (std::uint64_t attempt = 0; attempt < most_attempts; ++attempt) {
            draws random{{options_.seed, static_cast<std::uint64_t>(asked_), order_stream + 3, attempt}};
            if (const auto problem = make_(random))
                if (!is_held_out(problem->canonical, options_.held_out_every)) return asked(*problem, asked_++);
        }
        fail("none of ", most_attempts, " draws gave one of ", options_.whose,
             " that is not held out: the bounds leave too few");
    }

    /// `count` different ones that `next` never gives, `prompt::index` from 0.
    /// Throws `aha::error` if there are not so many.
    std::vector<prompt> held_out(std::int64_t count) const {
        require(count >= 0, "cannot hold out ", count, " problems");
        std::set<std::string> taken;
        std::vector<prompt> kept;
        const std::uint64_t patience = most_attempts * static_cast<std::uint64_t>(options_.held_out_every);
        for (std::uint64_t n = 0, last = 0; std::ssize(kept) < count; ++n) {
            require(n - last < patience, "found only ", kept.size(), " of the ", count, " held-out problems of ",
                    options_.whose, " that are wanted: the bounds leave too few");
            draws random{{options_.seed, n, order_stream + 4, 0}};
            const auto problem = make_(random);
            if (!problem || !is_held_out(problem->canonical, options_.held_out_every)) continue;
            if (!taken.insert(problem->canonical).second) continue;
            kept.push_back(asked(*problem, std::ssize(kept)));
            last = n;
        }
        return kept;
    }

    state_values save() const {
        state_values s;
        s.values = {{"asked", asked_}, {"settings", options_.settings}};
        return s;
    }

    /// Throws `aha::error`, and stays where it is, if the place is one in other problems.
    void load(const state_values& saved) {
        const auto place = saved_number(saved, "asked", options_.whose);
        const nlohmann::json settings = saved.values.value("settings", nlohmann::json::object());
        for (const auto& [key, value] : options_.settings.items()) {
            require(settings.is_object() && settings.contains(key), "the saved place in ", options_.whose, " has no \"",
                    key, "\": it is another source's");
            require(settings[key] == value, "the saved place in ", options_.whose, " was made with ", key, " ",
                    settings[key].dump(), ", not ", value.dump());
        }
        require(place >= 0, "the saved place in ", options_.whose, ", ", place, ", cannot be");
        asked_ = place;
    }

private:
    static constexpr std::uint64_t most_attempts = 10'000;

    prompt asked(const generated_problem& problem, std::int64_t index) const {
        prompt p;
        p.index = index;
        p.text = options_.render ? options_.render(problem.question) : problem.question;
        p.fields = problem.fields;
        p.fields["question"] = problem.question;
        return p;
    }

    problem_stream_options options_;
    maker make_;
    std::int64_t asked_ = 0;
};

}  // namespace aha::detail
