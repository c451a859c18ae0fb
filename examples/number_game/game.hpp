#pragma once

#include <aha/aha.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// A game for two: the environment thinks of a number from 1 to 64, the policy guesses, and hears "higher" or "lower"
/// until it has found it. A search by halves needs 5.125 guesses on average, and no strategy needs fewer.
namespace number_game {

inline constexpr std::int64_t numbers = 64, most_guesses = 20;
inline constexpr double optimum = 5.125;

/// The words of the game: the numbers, each of which ends a turn, and three more.
class words {
public:
    std::vector<aha::token_id> encode(std::string_view text) const {
        std::vector<aha::token_id> ids;
        while (!text.empty()) {
            const std::string_view word = text.substr(0, text.find(' '));
            ids.push_back(id_of(word));
            text.remove_prefix(std::min(text.size(), word.size() + 1));
        }
        return ids;
    }

    std::string decode(std::span<const aha::token_id> ids) const {
        std::string text;
        for (const aha::token_id id : ids) {
            aha::require(id >= 0 && id < vocabulary_size(), "the game has no word ", id);
            if (!text.empty()) text += ' ';
            text += id < numbers ? std::to_string(id + 1) : std::string{others[static_cast<std::size_t>(id - numbers)]};
        }
        return text;
    }

    /// A turn ends with a number.
    const std::vector<aha::token_id>& end_ids() const { return end_ids_; }
    std::int64_t vocabulary_size() const { return numbers + std::ssize(others); }

private:
    static constexpr std::array<std::string_view, 3> others{"guess", "higher", "lower"};

    static aha::token_id id_of(std::string_view word) {
        for (std::size_t n = 0; n < others.size(); ++n)
            if (word == others[n]) return numbers + static_cast<aha::token_id>(n);
        const std::string digits{word};
        aha::require(
            !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos && digits.size() < 3,
            "the game has no word \"", digits, "\"");
        return std::stoi(digits) - 1;
    }

    static std::vector<aha::token_id> all_numbers() {
        std::vector<aha::token_id> ids;
        for (aha::token_id id = 0; id < numbers; ++id) ids.push_back(id);
        return ids;
    }

    std::vector<aha::token_id> end_ids_ = all_numbers();
};

/// One game: the number to be found stands in the prompt's field "number". A guess costs 1. With `hints` a turn is also
/// worth the bits that it gave, log2 of the numbers possible before over those possible after: a difference of
/// potentials, which changes no strategy's rank (Ng, Harada & Russell 1999), but tells at once what a guess was worth.
//! [environment]
struct world {
    double hints = 0;  ///< weight of the bits

    struct episode {
        std::int64_t number;
        double hints;
        std::int64_t least = 1, most = numbers;  // what is still possible

        aha::environment_answer answer(const std::string& said) {
            if (said.empty() || said.size() > 2 || said.find_first_not_of("0123456789") != std::string::npos)
                return {.over = true, .reward = -static_cast<double>(most_guesses)};  // no number: a wrong start
            const std::int64_t guess = std::stoi(said), possible = most - least + 1;
            if (guess < number) least = std::max(least, guess + 1);
            else if (guess > number) most = std::min(most, guess - 1);
            else least = most = number;
            const double bits = std::log2(static_cast<double>(possible) / static_cast<double>(most - least + 1));
            return {.text = guess == number  ? "found"
                            : guess < number ? "higher"
                                             : "lower",
                    .over = guess == number,
                    .reward = hints * bits - 1};
        }
    };

    episode start(const aha::prompt& p, const aha::random_stream&) const {
        return {p["number"].get<std::int64_t>(), hints};
    }
};
//! [environment]

/// Games in a random order in which each number comes as often as any other.
class games {
public:
    explicit games(std::uint64_t seed) : seed_{seed} {}

    std::optional<aha::prompt> next() {
        const std::int64_t round = given_ / numbers, place = given_ % numbers;
        if (place == 0 || order_.empty()) shuffle(static_cast<std::uint64_t>(round));
        ++given_;
        return game(order_[static_cast<std::size_t>(place)]);
    }

    /// The prompt of a game, with the number to be found.
    static aha::prompt game(std::int64_t number) {
        aha::prompt p;
        p.index = number;
        p.text = "guess";
        p.fields["number"] = number;
        return p;
    }

    aha::state save() const {
        aha::state s;
        s.values["given"] = given_;
        return s;
    }
    void load(const aha::state& s) {
        given_ = s.values.at("given").get<std::int64_t>();
        shuffle(static_cast<std::uint64_t>(given_ / numbers));
    }

private:
    void shuffle(std::uint64_t round) {
        order_.clear();
        for (std::int64_t n = 1; n <= numbers; ++n) order_.push_back(n);
        const aha::random_stream random{{seed_, round, 0, 0}};
        for (std::size_t n = order_.size(); n > 1; --n) std::swap(order_[n - 1], order_[random.below(n, n)]);
    }

    std::uint64_t seed_;
    std::int64_t given_ = 0;
    std::vector<std::int64_t> order_;
};

/// How many guesses a completion took; one that did not find the number counts as `most_guesses`.
inline double guesses(const aha::completion& c) {
    const bool found = !c.turns.empty() && c.turns.back().heard == "found";
    return found ? static_cast<double>(c.turns.size()) : static_cast<double>(most_guesses);
}

}  // namespace number_game
