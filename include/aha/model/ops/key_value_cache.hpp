#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <cstdint>
#include <vector>

#include <aha/kernels/small_product.hpp>

namespace aha {

/// Keys and values that many completions share, laid out for products with all of their queries at once.
struct shared_keys {
    at::Tensor keys;        ///< [Hk, d, columns]: a column a token, zeros after the last
    at::Tensor values;      ///< [Hk, size, d]
    std::int64_t size = 0;  ///< tokens; 0: nothing, the tensors are undefined

    shared_keys() = default;

    /// @param k [size, Hk, d]
    /// @param v [size, Hk, d]
    shared_keys(const at::Tensor& k, const at::Tensor& v) : size{k.size(0)} {
        if (size == 0) return;
        keys = at::zeros({k.size(1), k.size(2), whole_vectors(size)}, k.options());
        keys.narrow(2, 0, size).copy_(k.permute({1, 2, 0}));
        values = v.permute({1, 0, 2}).contiguous();
    }
};

/// The tokens of one decoding step: one of each completion, those of a prompt adjacent, or several, one after another.
struct decode_batch {
    std::vector<std::int64_t> prefix;  ///< [B] index of the row's prefix in the caches
    std::vector<std::int64_t> prompt;  ///< [B] index of the row's prompt in the caches
    std::vector<std::int64_t> slot;    ///< [B] the row's place in the caches
    std::vector<std::int64_t> own;     ///< [B] tokens of its own before this one
    at::Tensor positions;              ///< [B] int64, position of the token of this step
    bool several = false;              ///< a slot may have several rows, which follow one another

    std::int64_t rows() const { return std::ssize(slot); }

    /// One past the last row, of at most `most`, that has the prompt of row `first` and as many tokens of its own.
    std::int64_t end_of_prompt(std::int64_t first, std::int64_t most) const {
        std::int64_t past = first + 1;
        while (past < rows() && past - first < most &&
               alike(static_cast<std::size_t>(first), static_cast<std::size_t>(past)))
            ++past;
        return past;
    }

private:
    bool alike(std::size_t a, std::size_t b) const { return prompt[a] == prompt[b] && own[a] == own[b]; }
};

/// Keys and values of one layer while a batch of completions grows. What several prompts begin with is held once, a
/// prompt's rest once however many completions it has; each completion has a slot for its own, which the next
/// completion takes when it ends.
struct key_value_cache {
    std::vector<shared_keys> prefixes;  ///< keys and values of what several prompts begin with
    std::vector<shared_keys> prompts;   ///< keys and values of each prompt
    at::Tensor keys;                    ///< [slots, Hk, d, capacity]
    at::Tensor values;                  ///< [slots, Hk, capacity, d]

    static constexpr std::int64_t first_capacity = 32;  ///< tokens for which a completion's cache is made at first

    /// Makes room for `slots` completions of `length` own tokens each; what is there stays.
    /// @param key_heads Hk
    void reserve(std::int64_t slots, std::int64_t length, std::int64_t key_heads, std::int64_t width,
                 const at::TensorOptions& options) {
        const std::int64_t held = keys.defined() ? keys.size(0) : 0, used = keys.defined() ? keys.size(3) : 0;
        if (slots <= held && length <= used) return;
        std::int64_t capacity = std::max(used, first_capacity);
        while (capacity < length) capacity *= 2;
        const std::int64_t rows = std::max(slots, held);
        const at::Tensor k = at::empty({rows, key_heads, width, capacity}, options);
        const at::Tensor v = at::empty({rows, key_heads, capacity, width}, options);
        if (held > 0) {
            k.narrow(0, 0, held).narrow(3, 0, used).copy_(keys);
            v.narrow(0, 0, held).narrow(2, 0, used).copy_(values);
        }
        keys = k;
        values = v;
    }

    /// Copies the first `length` own tokens of the completion in slot `from` to slot `to`.
    void copy(std::int64_t from, std::int64_t to, std::int64_t length) {
        if (length == 0) return;
        keys[to].narrow(2, 0, length).copy_(keys[from].narrow(2, 0, length));
        values[to].narrow(1, 0, length).copy_(values[from].narrow(1, 0, length));
    }

    /// Gives back the memory of prefixes and prompts that no row of `batch` has; their numbers stay taken.
    void release_unused(const decode_batch& batch) {
        const auto keep_only = [](std::vector<shared_keys>& all, const std::vector<std::int64_t>& in_use) {
            std::vector<bool> used(all.size());
            for (const std::int64_t i : in_use) used[static_cast<std::size_t>(i)] = true;
            for (std::size_t i = 0; i < all.size(); ++i)
                if (!used[i]) all[i] = {};
        };
        keep_only(prefixes, batch.prefix);
        keep_only(prompts, batch.prompt);
    }
};

}  // namespace aha
