#pragma once

#include <ATen/core/Tensor.h>
#include <cstddef>
#include <string>
#include <vector>

#include <aha/core/packed.hpp>
#include <aha/core/parameters.hpp>
#include <aha/model/attention/grouped_query.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/model/weight_store.hpp>

namespace aha::test {

/// Grouped-query attention with one tensor more, as a user would add one: a number per head, whose sum is added to what
/// the block gives.
template <class Tensor>
class sinking_attention {
    using base = grouped_query_attention<Tensor>;

public:
    using cache = typename base::cache;

    static std::vector<parameters::slot> slots(const decoder_config& c, const std::string& layer) {
        std::vector<parameters::slot> all = base::slots(c, layer);
        all.push_back({layer + "self_attn.sink", {c.heads}, false});
        return all;
    }
    static std::vector<weight_part> parts(const decoder_config& c, const std::string& layer) {
        std::vector<weight_part> all = base::parts(c, layer);
        all.push_back({layer + "self_attn.sink", layer + "self_attn.sink", 0, c.heads});
        return all;
    }
    sinking_attention(const decoder_config& c, const weight_store<Tensor>& store, std::size_t first)
        : inner_{c, store, first}, sink_{store.leaf(first + base::slots(c, "").size())} {}

    at::Tensor forward(const at::Tensor& x, const packed_trees& trees, const rotary_table& angles) const {
        return sunk(inner_.forward(x, trees, angles));
    }
    at::Tensor prefill(const at::Tensor& x, const packed_prompts& prompts, const rotary_table& angles,
                       cache& to) const {
        return sunk(inner_.prefill(x, prompts, angles, to));
    }
    void reserve(cache& in, std::int64_t completions, std::int64_t length) const {
        inner_.reserve(in, completions, length);
    }
    at::Tensor decode(const at::Tensor& x, const decode_batch& batch, const rotary_table& angles, cache& in) const {
        return sunk(inner_.decode(x, batch, angles, in));
    }

private:
    at::Tensor sunk(const at::Tensor& y) const { return (y + sink_.sum()).to(Tensor::compute_type); }

    base inner_;
    at::Tensor sink_;  // [H]
};

}  // namespace aha::test
