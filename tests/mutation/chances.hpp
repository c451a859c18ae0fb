#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

namespace mutation {

/// Random numbers for damages, the same on every machine (SplitMix64).
class chances {
public:
    explicit chances(std::uint64_t seed) : state_{seed} {}

    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    /// In [0, bound); 0 if there is nothing to choose from.
    std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(next() % bound); }
    bool one_in(std::size_t n) { return below(n) == 0; }
    /// An element of a list that has some.
    template <class List>
    const auto& pick(const List& list) {
        return *std::next(std::begin(list), static_cast<std::ptrdiff_t>(below(std::size(list))));
    }
    /// Mostly few, at times many: how often something is done.
    std::size_t few(std::size_t most) { return one_in(8) ? 1 + below(most) : 1 + below(3); }

private:
    std::uint64_t state_;
};

/// The chances of input `index` of a run with `seed`: each input can be made without those before it.
inline chances chances_of(std::uint64_t seed, std::uint64_t index) {
    chances first{seed};
    return chances{first.next() ^ (index * 0xd1342543de82ef95ULL)};
}

}  // namespace mutation
