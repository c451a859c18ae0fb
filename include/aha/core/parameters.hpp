#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>

namespace aha {

/// Trainable weights in one flat buffer, their gradients in another: one pass for an optimizer, one all-reduce for
/// ranks. Each parameter is a leaf tensor that views its slice, with a gradient that views the slice beside it.
class parameters {
public:
    /// Name and shape of a parameter.
    struct slot {
        std::string name;                 ///< in files and messages
        std::vector<std::int64_t> shape;  ///< its extents
        bool decay = true;                ///< weight decay applies (matrices; not norms, not biases)
    };

    parameters() = default;

    /// Lays out `slots` in order, zero, float32 unless `options` says otherwise.
    parameters(std::vector<slot> slots, at::TensorOptions options) : slots_{std::move(slots)} {
        std::int64_t total = 0;
        for (const slot& s : slots_) {
            offsets_.push_back(total);
            total += (count(s) + 15) / 16 * 16;  // every slice starts on a 64-byte line
        }
        values_ = at::zeros({total}, options);
        gradients_ = at::zeros({total}, options);
        make_leaves();
    }

    /// Parameters in memory that is there: slot `i` begins at `offsets[i]` of `values` and of `gradients`.
    parameters(std::vector<slot> slots, std::vector<std::int64_t> offsets, at::Tensor values, at::Tensor gradients)
        : slots_{std::move(slots)},
          offsets_{std::move(offsets)},
          values_{std::move(values)},
          gradients_{std::move(gradients)} {
        require(slots_.size() == offsets_.size() && values_.sizes() == gradients_.sizes(),
                "parameters need an offset each, and as many gradients as values");
        make_leaves();
    }

    /// How many parameters there are.
    std::size_t size() const { return slots_.size(); }
    /// Name, shape and decay of parameter `i`.
    const slot& at(std::size_t i) const { return slots_.at(i); }
    const at::Tensor& operator[](std::size_t i) const { return leaves_[i]; }  ///< leaf, shape of the slot

    /// The leaf called `name`; throws `aha::error` if there is none.
    const at::Tensor& operator[](const std::string& name) const {
        for (std::size_t i = 0; i < slots_.size(); ++i)
            if (slots_[i].name == name) return leaves_[i];
        fail("no parameter is called \"", name, "\"");
    }

    const at::Tensor& values() const { return values_; }        ///< [N] all weights (with alignment gaps of zeros)
    const at::Tensor& gradients() const { return gradients_; }  ///< [N] all gradients, same layout
    /// Sets all gradients to zero.
    void zero_gradients() const { gradients_.zero_(); }

    /// The slice of any buffer laid out like `values()` (a moment, a compute copy) that belongs to parameter `i`.
    at::Tensor slice(const at::Tensor& flat, std::size_t i) const {
        return flat.narrow(0, offsets_[i], count(slots_[i])).view(slots_[i].shape);
    }

    /// Where parameter `i` begins in `values()`; for `i` = `size()` where all end.
    std::int64_t offset(std::size_t i) const { return i < size() ? offsets_[i] : values_.numel(); }

    /// Parameters `first` to `last` - 1, in the same memory.
    parameters part(std::size_t first, std::size_t last) const {
        parameters some;
        const std::int64_t from = offset(first), length = offset(last) - from;
        for (std::size_t i = first; i < last; ++i) {
            some.slots_.push_back(slots_[i]);
            some.offsets_.push_back(offsets_[i] - from);
            some.leaves_.push_back(leaves_[i]);
        }
        some.values_ = values_.narrow(0, from, length);
        some.gradients_ = gradients_.narrow(0, from, length);
        return some;
    }

private:
    void make_leaves() {
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            at::Tensor leaf = slice(values_, i).detach();
            leaf.set_requires_grad(true);
            leaf.mutable_grad() = slice(gradients_, i);
            leaves_.push_back(leaf);
        }
    }

    static std::int64_t count(const slot& s) {
        std::int64_t n = 1;
        for (const std::int64_t extent : s.shape) n *= extent;
        return n;
    }

    std::vector<slot> slots_;
    std::vector<std::int64_t> offsets_;
    std::vector<at::Tensor> leaves_;
    at::Tensor values_, gradients_;
};

}  // namespace aha
