#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

/// What ranks tell one another of the groups that they sampled: the completions and their scores. The prompts are
/// known to all.
namespace aha::detail {

class byte_writer {
public:
    template <class T>
        requires std::is_trivially_copyable_v<T>
    void put(const T& value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    template <class Row>
        requires requires(const Row& row) { row.data(), row.size(); }
    void put(const Row& row) {
        put(static_cast<std::uint64_t>(row.size()));
        bytes_.append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(*row.data()));
    }
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

class byte_reader {
public:
    explicit byte_reader(std::string_view bytes) : bytes_{bytes} {}

    template <class T>
    T get() {
        T value{};
        if constexpr (std::is_trivially_copyable_v<T>) {
            read(&value, sizeof value);
        } else {
            const auto count = get<std::uint64_t>();
            require(count <= bytes_.size(), "the bytes of another rank end early");
            value.resize(count);
            read(value.data(), count * sizeof(*value.data()));
        }
        return value;
    }
    bool done() const { return bytes_.empty(); }

private:
    void read(void* to, std::size_t size);

    std::string_view bytes_;
};

/// Adds the completions and scores of a group.
void put_group(byte_writer& to, const rollout_group& group);

/// Takes what `put_group` added; the group's prompt is `asked`.
rollout_group get_group(byte_reader& from, prompt asked);

}  // namespace aha::detail

namespace aha {

/// Has each rank make the groups of every `size`-th prompt and gives all ranks all groups, in the prompts' order. What
/// `make` throws on one rank is thrown on every rank, as a `joint_error` that names the rank.
/// @param make `std::vector<rollout_group>(std::span<const prompt>)`: samples and scores
template <class Communicator, class Make>
std::vector<rollout_group> distribute_prompts(const Communicator& ranks, std::vector<prompt> prompts,
                                              const Make& make) {
    if (ranks.size() == 1) return make(std::span<const prompt>{prompts});
    const auto size = static_cast<std::size_t>(ranks.size());
    std::vector<prompt> mine;
    const auto failed = [&](const std::string& message) {
        detail::byte_writer told;
        told.put("rank " + std::to_string(ranks.rank()) + " of " + std::to_string(size) + ": " + message);
        return told;
    };
    for (auto i = static_cast<std::size_t>(ranks.rank()); i < prompts.size(); i += size) mine.push_back(prompts[i]);
    detail::byte_writer told;
    try {
        const std::vector<rollout_group> own =
            mine.empty() ? std::vector<rollout_group>{} : make(std::span<const prompt>{mine});
        told.put(std::string{});
        for (const rollout_group& group : own) detail::put_group(told, group);
    } catch (const std::exception& problem) {
        told = failed(problem.what());
    } catch (...) {  // or the other ranks would wait for ever
        told = failed("an exception that is no std::exception");
    }
    const std::vector<std::string> all = ranks.all_gather(told.take());
    std::vector<detail::byte_reader> readers{all.begin(), all.end()};
    for (detail::byte_reader& reader : readers)
        if (const auto problem = reader.get<std::string>(); !problem.empty()) throw joint_error{problem};
    std::vector<rollout_group> groups;
    for (std::size_t i = 0; i < prompts.size(); ++i)
        groups.push_back(detail::get_group(readers[i % size], std::move(prompts[i])));
    return groups;
}

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/dist/distribute_prompts.ipp>
#endif
