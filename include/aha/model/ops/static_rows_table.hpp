#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/drawing.hpp>
#include <aha/core/error.hpp>
#include <aha/kernels/attend_chunks.cuh>
#include <aha/model/pack.hpp>
#include <aha/kernels/to_device.hpp>
#include <aha/model/ops/static_cache.hpp>

namespace aha {

/// The rows of a `static_session`: the host's account of them and its copy on the device, in one piece of memory.
class static_rows_table {
public:
    /// @param max_rows there is room for so many
    /// @param sharing query heads a key head
    static_rows_table(std::int64_t max_rows, std::int64_t sharing, const at::Device& device)
        : most_rows_{max_rows},
          stretch_rows_{std::max<std::int64_t>(1, attend_chunks<float>::most_queries / sharing)},
          device_{device},
          all_{at::zeros({words()}, at::TensorOptions{}.dtype(at::kLong).device(device))} {
        for (std::int64_t slot = max_rows; slot > 0; --slot) free_.push_back(slot - 1);
    }

    std::int64_t rows() const { return std::ssize(rows_); }        ///< completions in the batch
    std::int64_t max_rows() const { return most_rows_; }           ///< room for so many
    std::int64_t prompt_tokens() const { return prompt_tokens_; }  ///< places taken in the memory of prompts

    /// The most tokens of its own that a row has.
    std::int64_t longest() const {
        std::int64_t longest = 0;
        for (const row& r : rows_) longest = std::max(longest, r.own);
        return longest;
    }

    /// The most tokens that a row may come to have.
    std::int64_t max_budget() const {
        std::int64_t longest = 0;
        for (const row& r : rows_) longest = std::max(longest, r.room);
        return longest;
    }

    /// Adds `copies` rows of each prompt, whose keys lie from `first_token` on as they do in `packed`.
    void admit(const packed_prompts& packed, std::int64_t first_token, std::int64_t copies,
               std::span<const sampling_row> begun) {
        require(rows() + std::ssize(begun) <= most_rows_, begun.size(), " rows more than ", rows(), " are more than ",
                most_rows_);
        const auto add = [&](const segment& s) {
            stretches_.push_back({first_token + s.begin, s.size});
            return std::ssize(stretches_) - 1;
        };
        const std::int64_t prefix = add(packed.prefix);
        std::size_t next = 0;
        for (const segment& prompt : packed.prompts) {
            const std::int64_t own = add(prompt);
            for (std::int64_t c = 0; c < copies; ++c, ++next) {
                rows_.push_back({.prefix = prefix,
                                 .prompt = own,
                                 .slot = free_.back(),
                                 .room = begun[next].room,
                                 .own = 0,
                                 .position = packed.prefix.size + prompt.size,
                                 .stream = begun[next].stream});
                free_.pop_back();
            }
        }
        prompt_tokens_ = first_token + packed.batch.ids.numel();
    }

    /// Keeps the rows at the given ascending places.
    void keep(std::span<const std::int64_t> places) {
        std::vector<row> kept;
        std::size_t next = 0;
        for (std::size_t i = 0; i < rows_.size(); ++i)
            if (next < places.size() && places[next] == static_cast<std::int64_t>(i)) {
                kept.push_back(rows_[i]);
                ++next;
            } else {
                free_.push_back(rows_[i].slot);
            }
        require(next == places.size(), "rows to keep must be ascending places of ", rows_.size(), " rows");
        rows_ = std::move(kept);
    }

    /// Moves the prompts that rows still see together. @return the places, in the old order, of the tokens that stay
    std::vector<std::int64_t> compact_prompts() {
        std::vector<bool> used(stretches_.size());
        for (const row& r : rows_) used[std::size_t(r.prefix)] = used[std::size_t(r.prompt)] = true;
        std::vector<std::int64_t> kept;
        for (std::size_t n = 0; n < stretches_.size(); ++n) {
            const segment from = std::exchange(stretches_[n], segment{std::ssize(kept), 0});
            if (!used[n]) continue;
            for (std::int64_t token = from.begin; token < from.end(); ++token) kept.push_back(token);
            stretches_[n].size = from.size;
        }
        prompt_tokens_ = std::ssize(kept);
        return kept;
    }

    /// A step of all rows was begun.
    void stepped() {
        for (row& r : rows_) ++r.own, ++r.position;
    }

    /// Brings the device's copy up to date, behind what the device was given before.
    void upload() {
        chunks_ = 1;
        for (const row& r : rows_)
            for (const std::int64_t n : {r.prefix, r.prompt})
                chunks_ = std::max(chunks_, (stretches_[std::size_t(n)].size + chunk - 1) / chunk);
        chunks_ = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(chunks_)));
        const at::Tensor here = host_memory(words(), at::kLong, device_);
        auto* const data = here.mutable_data_ptr<std::int64_t>();
        std::fill_n(data, words(), 0);
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const row& r = rows_[i];
            data[i] = r.position;
            data[most(1) + i] = r.slot;
            data[most(2) + i] = r.own;
            std::memcpy(data + most(3) + i, &r.stream, sizeof r.stream);
            const row_kv_ranges seen{{0, chunks_, 2 * chunks_}, {length(r.prefix), length(r.prompt), 0}};
            std::memcpy(data + most(4) + i * seen_words, &seen, sizeof seen);
            reinterpret_cast<std::uint8_t*>(data + most(4 + seen_words + 2 * stretch_words))[i] = 1;
        }
        std::size_t count = 0;
        const auto put = [&](std::int64_t row::*which, std::int64_t first_part) {
            for (std::size_t i = 0, past = 0; i < rows_.size(); i = past) {
                for (past = i + 1; past < rows_.size() && rows_[past].*which == rows_[i].*which &&
                                   static_cast<std::int64_t>(past - i) < stretch_rows_;)
                    ++past;
                const segment& keys = stretches_[std::size_t(rows_[i].*which)];
                if (keys.size == 0) continue;
                const shared_kv_range s{static_cast<std::int64_t>(i), static_cast<std::int64_t>(past - i), keys.begin,
                                        keys.size, first_part};
                std::memcpy(data + most(4 + seen_words) + count++ * stretch_words, &s, sizeof s);
            }
        };
        put(&row::prefix, 0);
        put(&row::prompt, chunks_);
        all_.copy_(here, /*non_blocking=*/true);
    }

    /// What a step reads, for the smallest number of places that has room for the rows.
    /// @param capacity own tokens that the cache has room for
    static_rows view(std::int64_t capacity) const {
        for (const row& r : rows_)
            require(r.own <= r.room && r.own < capacity, "a row has had its ", r.room, " tokens");
        const std::int64_t n = places();
        return {.positions = part(0, n),
                .slots = part(1, n),
                .own = part(2, n),
                .alive = all_.narrow(0, part_of(4 + seen_words + 2 * stretch_words), (most_rows_ + 7) / 8)
                             .view(at::kByte)
                             .narrow(0, 0, n),
                .stretches = part(4 + seen_words, 2 * n * stretch_words).view({2 * n, stretch_words}),
                .seen = part(4, n * seen_words).view({n, seen_words}),
                .prompt_chunks = chunks_,
                .own_chunks = (capacity + chunk - 1) / chunk};
    }

    at::Tensor streams() const { return part(3, most_rows_); }  ///< [max_rows] int64: each row's `random_stream`

private:
    struct row {
        std::int64_t prefix, prompt;  // which stretches it sees
        std::int64_t slot, room, own, position;
        random_stream stream;
    };
    static_assert(sizeof(random_stream) == sizeof(std::int64_t));
    static constexpr std::int64_t chunk = attend_chunks<float>::chunk;
    static constexpr std::int64_t seen_words = sizeof(row_kv_ranges) / 8, stretch_words = sizeof(shared_kv_range) / 8;

    /// 1, 2, 4, ... 32, 48, 64, 96, 128, ...: few shapes, and at most a third of the places empty.
    std::int64_t places() const {
        std::int64_t n = 1;
        while (n < rows())
            n = std::has_single_bit(static_cast<std::uint64_t>(n)) && n >= 32 ? n / 2 * 3 : n < 32 ? 2 * n : n / 3 * 4;
        return std::min(n, most_rows_);
    }

    std::int64_t length(std::int64_t stretch) const { return stretches_[std::size_t(stretch)].size; }
    std::size_t most(std::int64_t n) const { return static_cast<std::size_t>(part_of(n)); }
    std::int64_t part_of(std::int64_t n) const { return n * most_rows_; }
    std::int64_t words() const { return part_of(4 + seen_words + 2 * stretch_words) + (most_rows_ + 7) / 8; }
    at::Tensor part(std::int64_t n, std::int64_t size) const { return all_.narrow(0, part_of(n), size); }

    std::int64_t most_rows_, stretch_rows_;
    c10::Device device_;
    at::Tensor all_;  // positions, slots, own, streams [M]; seen [M, 6]; stretches [2M, 5]; alive [M] bytes
    std::vector<row> rows_;
    std::vector<segment> stretches_;  // of the memory of prompts
    std::vector<std::int64_t> free_;  // slots
    std::int64_t prompt_tokens_ = 0, chunks_ = 1;
};

}  // namespace aha
