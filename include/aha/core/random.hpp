#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace aha {

/// What a random draw belongs to. Equal keys give equal streams on every machine, whatever the batch, the order of work
/// or the number of ranks; there is no global generator.
struct random_key {
    std::uint64_t seed = 0;    ///< of the run
    std::uint64_t step = 0;    ///< trainer step
    std::uint64_t prompt = 0;  ///< `prompt::random_place`
    std::uint64_t sample = 0;  ///< position of the completion in its group
    bool operator==(const random_key&) const = default;
};

/// A stream of random numbers derived from a key: SplitMix64 (Steele, Lea & Flood 2014) in counter mode, so that the
/// n-th number can be had without the ones before it.
class random_stream {
public:
    /// The stream of a key.
    explicit constexpr random_stream(const random_key& key)
        : base_{mix(mix(mix(mix(key.seed + golden) ^ (key.step + golden)) ^ (key.prompt + 2 * golden)) ^
                    (key.sample + 3 * golden))} {}

    /// The `n`-th 64 random bits.
    constexpr std::uint64_t bits(std::uint64_t n) const { return mix(base_ + (n + 1) * golden); }

    /// The `n`-th number in [0, 1), with 53 random bits.
    constexpr double uniform(std::uint64_t n) const { return static_cast<double>(bits(n) >> 11) * 0x1.0p-53; }

    /// The `n`-th standard normal number (Box-Muller).
    double normal(std::uint64_t n) const {
        const double radius = std::sqrt(-2.0 * std::log1p(-uniform(2 * n)));
        return radius * std::cos(2.0 * std::numbers::pi * uniform(2 * n + 1));
    }

    /// The `n`-th integer in [0, bound).
    constexpr std::uint64_t below(std::uint64_t n, std::uint64_t bound) const {
        __extension__ typedef unsigned __int128 wide;
        return static_cast<std::uint64_t>((static_cast<wide>(bits(n)) * bound) >> 64);
    }

private:
    static constexpr std::uint64_t golden = 0x9E3779B97F4A7C15ULL;
    static constexpr std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    std::uint64_t base_;
};

}  // namespace aha
