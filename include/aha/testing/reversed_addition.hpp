#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>

namespace aha::testing {

/// Which sums `reversed_addition` asks.
struct reversed_addition_options {
    std::int64_t digits = 2;                           ///< of both numbers; the first digit is not 0
    std::vector<std::string> alphabets{"0123456789"};  ///< ten characters each, the digits of one "language"
    std::int64_t held_out_every = 8;                   ///< one in so many sums is held out, for any seed
    std::uint64_t seed = 0;                            ///< of the questions

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(digits >= 1 && digits <= 9, "digits must be in [1, 9], not ", digits);
        require(!alphabets.empty(), "a sum needs at least one alphabet");
        std::string all = "+=<think></think><answer></answer>";
        for (const std::string& alphabet : alphabets) {
            require(alphabet.size() == 10, "an alphabet has ten characters, not the ", alphabet.size(), " of \"",
                    alphabet, "\"");
            for (const char c : alphabet) {
                require(all.find(c) == std::string::npos, "the digit '", std::string(1, c),
                        "' is there twice, or part of a tag");
                all += c;
            }
        }
        require(held_out_every >= 2, "held_out_every must be at least 2, not ", held_out_every);
    }
};

/// How a row of training text departs from the right response: what makes a base model of it.
struct response_noise {
    double wrong = 0;     ///< chance that one digit of the row is drawn anew (in one case of ten it stays what it was)
    double untagged = 0;  ///< chance that the row has no tags
    double foreign = 0;   ///< chance of each digit of the reasoning to be in another alphabet than the question

    void validate() const {
        for (const double chance : {wrong, untagged, foreign})
            require(chance >= 0 && chance <= 1, "a chance must be in [0, 1], not ", chance);
    }
};

/// Which of the sums.
enum class split { train, held_out };

/// Addition as a reasoning task that a model of a few hundred thousand weights learns from nothing: the question is
/// "12+34=", the response "<think>640</think><answer>046</answer>", where the reasoning is the sum from its last digit
/// to its first, the order in which carries are known. All sums have `digits + 1` digits. Reversing makes addition
/// learnable (Lee et al. 2023, "Teaching Arithmetic to Small Transformers", section 4).
///
/// With two alphabets, each question is in one of them ("language"), and so are the reasoning and the answer.
class reversed_addition {
public:
    explicit reversed_addition(reversed_addition_options options = {}) : options_{std::move(options)} {
        options_.validate();
    }

    const reversed_addition_options& options() const { return options_; }

    /// Tokens of everything that is ever written.
    std::vector<std::string> symbols() const {
        std::vector<std::string> all{"<think>", "</think>", "<answer>", "</answer>", "+", "="};
        for (const std::string& alphabet : options_.alphabets)
            for (const char c : alphabet) all.emplace_back(1, c);
        return all;
    }

    /// Tokens of a response, the end token included.
    std::int64_t response_tokens() const { return 2 * (options_.digits + 1) + 5; }

    /// The `index`-th question of a split, which is never one of the other split: `fields` holds "a", "b", "language"
    /// (which alphabet) and "answer", the sum as text in that alphabet.
    prompt question(std::int64_t index, split from = split::train) const {
        const random_stream random{{options_.seed, static_cast<std::uint64_t>(index), questions, 0}};
        std::uint64_t low = 1;
        for (std::int64_t i = 1; i < options_.digits; ++i) low *= 10;
        std::uint64_t a = 0, b = 0, n = 1;
        do {
            a = low + random.below(n++, 9 * low);
            b = low + random.below(n++, 9 * low);
        } while (is_held_out(a, b) != (from == split::held_out));
        const auto language = static_cast<std::size_t>(random.below(0, options_.alphabets.size()));
        prompt asked;
        asked.index = index;
        asked.text = written(a, 0, language) + "+" + written(b, 0, language) + "=";
        asked.fields = {
            {"a", a}, {"b", b}, {"language", language}, {"answer", written(a + b, options_.digits + 1, language)}};
        return asked;
    }

    /// Questions `first` to `first + count`.
    std::vector<prompt> questions_from(std::int64_t first, std::int64_t count, split from = split::train) const {
        std::vector<prompt> all;
        for (std::int64_t i = first; i < first + count; ++i) all.push_back(question(i, from));
        return all;
    }

    /// A response to a question of this task: the right one, but for `noise`.
    /// @param draw which of the noisy responses; equal draws give equal responses
    std::string response(const prompt& asked, const response_noise& noise = {}, std::uint64_t draw = 0) const {
        noise.validate();
        const random_stream random{{options_.seed, static_cast<std::uint64_t>(asked.index), noises, draw}};
        const auto language = asked["language"].get<std::size_t>();
        const std::string& own = options_.alphabets.at(language);
        std::string answer = asked["answer"].get<std::string>();
        std::string chain{answer.rbegin(), answer.rend()};
        if (random.uniform(0) < noise.wrong) {
            const std::size_t place = random.below(1, 2 * chain.size());
            (place < chain.size() ? chain[place] : answer[place - chain.size()]) = own[random.below(2, 10)];
        }
        for (std::size_t i = 0; i < chain.size() && options_.alphabets.size() > 1; ++i) {
            if (random.uniform(4 + 2 * i) >= noise.foreign) continue;
            const std::size_t other = random.below(5 + 2 * i, options_.alphabets.size() - 1);
            chain[i] = options_.alphabets[other < language ? other : other + 1][own.find(chain[i])];
        }
        if (random.uniform(3) < noise.untagged) return chain + answer;
        return "<think>" + chain + "</think><answer>" + answer + "</answer>";
    }

    /// The share of a completion's reasoning digits that are in the question's alphabet, 1 if it has none: R1's
    /// language consistency (DeepSeek-R1, section 2.3.2), with digits as words. What stands before "</think>" is
    /// reasoning, or everything where that is missing.
    double consistency(const prompt& asked, std::string_view text) const {
        const std::string& own = options_.alphabets.at(asked["language"].get<std::size_t>());
        const std::string_view chain = text.substr(0, text.find("</think>"));
        const auto count_of = [&](const std::string& alphabet) {
            return std::ranges::count_if(chain, [&](char c) { return alphabet.find(c) != std::string::npos; });
        };
        std::ptrdiff_t all = 0;
        for (const std::string& alphabet : options_.alphabets) all += count_of(alphabet);
        return all == 0 ? 1.0 : static_cast<double>(count_of(own)) / static_cast<double>(all);
    }

private:
    static constexpr std::uint64_t questions = (std::uint64_t{1} << 62) + 1, noises = questions + 1;

    /// `number` in the digits of an alphabet, with zeros in front up to `width`.
    std::string written(std::uint64_t number, std::int64_t width, std::size_t language) const {
        std::string text = std::to_string(number);
        if (std::ssize(text) < width) text.insert(0, static_cast<std::size_t>(width - std::ssize(text)), '0');
        for (char& c : text) c = options_.alphabets[language][static_cast<std::size_t>(c - '0')];
        return text;
    }

    /// The same for a + b and b + a, and for every seed.
    bool is_held_out(std::uint64_t a, std::uint64_t b) const {
        const random_stream random{{std::min(a, b), std::max(a, b), questions, 1}};
        return random.below(0, static_cast<std::uint64_t>(options_.held_out_every)) == 0;
    }

    reversed_addition_options options_;
};

}  // namespace aha::testing
