#pragma once

#include <ATen/core/Tensor.h>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <aha/concepts/result.hpp>
#include <aha/core/kernels_namespace.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/parameters.hpp>

/// The attention block of a `decoder`: how tokens look at one another. A `decoder` makes one for each layer; its
/// template is the decoder's second argument, `Attention<Tensor>` implements this concept.
///
/// 1. `slots(config, layer)`, static, gives the parameters of one layer. `layer` is what their names begin with:
///    "model.layers.3.".
/// 2. `parts(config, layer)`, static, says how tensors of a model folder make up those parameters: all of their rows,
///    each once. Folders are checked for these tensors, loaded from them and saved with them.
/// 3. It is constructed from the configuration, the decoder's `weight_store<Tensor>` and the place of its first
///    parameter there, and can be moved.
/// 4. `forward(x, trees, angles) const` computes the block for a packed row, [T, D] to [T, D] in the compute type: row
///    t depends on the tokens of t's own path alone. Differentiable with respect to `x` and the parameters.
/// 5. `cache` is what a decoding session remembers of a layer's tokens; one is made without arguments.
/// 6. The cache's `release_unused(batch)` may give back the memory of prompts that no row of `batch` has.
/// 7. `prefill(x, prompts, angles, cache) const` computes the same as `forward` for the prompts and remembers them.
/// 8. `reserve(cache, completions, length) const` makes room for so many completions of `length` own tokens each.
/// 9. `decode(x, batch, angles, cache) const` computes one token of each completion, [B, D] to [B, D], and remembers
///    it.
///
/// Not required: copies; a second `prefill` and `decode` in memory that stays where it is, see
/// `attention_decodes_in_place`; without them a decoder decodes with `decode_session` on GPUs too.
namespace aha {

inline namespace AHA_KERNELS_NAMESPACE {
class rotary_table;
struct static_cache;
struct static_rows;
}  // namespace AHA_KERNELS_NAMESPACE

struct decoder_config;
struct weight_part;
template <class Tensor>
class weight_store;
struct packed_prompts;
struct decode_batch;

/// `slots(const decoder_config&, const std::string&)`, static, gives parameters.
template <class A>
concept attention_has_slots = requires(const decoder_config& config, const std::string& layer) {
    { A::slots(config, layer) } -> detail::yields<std::vector<parameters::slot>>;
};

/// `parts(const decoder_config&, const std::string&)`, static, gives tensors of a model folder.
template <class A>
concept attention_has_parts = requires(const decoder_config& config, const std::string& layer) {
    { A::parts(config, layer) } -> detail::yields<std::vector<weight_part>>;
};

/// It is made of the configuration, the weights and a place in them, and can be moved.
template <class A, class Tensor>
concept attention_takes_weights =
    std::constructible_from<A, const decoder_config&, const weight_store<Tensor>&, std::size_t> &&
    std::move_constructible<A>;

/// `forward(const at::Tensor&, const packed_trees&, const rotary_table&) const` gives a tensor.
template <class A>
concept attention_has_forward =
    requires(const A& a, const at::Tensor& x, const packed_trees& trees, const rotary_table& angles) {
        { a.forward(x, trees, angles) } -> detail::yields<at::Tensor>;
    };

/// `cache` is a type that is made without arguments.
template <class A>
concept attention_has_cache = requires { requires std::default_initializable<typename A::cache>; };

namespace detail {

/// The clauses below, of an attention: true for one without a cache, so that one mistake gives one sentence.
template <class A>
struct cache_of {
    struct anything {
        template <class T>
        operator T&() const;
        void release_unused(const decode_batch&);
    };
    using type = anything;
};

template <attention_has_cache A>
struct cache_of<A> {
    using type = typename A::cache;
};

}  // namespace detail

/// The cache's `release_unused(const decode_batch&)` can be called.
template <class A>
concept attention_cache_releases =
    requires(typename detail::cache_of<A>::type& cache, const decode_batch& batch) { cache.release_unused(batch); };

/// `prefill(const at::Tensor&, const packed_prompts&, const rotary_table&, cache&) const` gives a tensor.
template <class A>
concept attention_prefills = requires(const A& a, const at::Tensor& x, const packed_prompts& prompts,
                                      const rotary_table& angles, typename detail::cache_of<A>::type& cache) {
    { a.prefill(x, prompts, angles, cache) } -> detail::yields<at::Tensor>;
};

/// `reserve(cache&, std::int64_t, std::int64_t) const` can be called.
template <class A>
concept attention_reserves = requires(const A& a, typename detail::cache_of<A>::type& cache, std::int64_t count) {
    a.reserve(cache, count, count);
};

/// `decode(const at::Tensor&, const decode_batch&, const rotary_table&, cache&) const` gives a tensor.
template <class A>
concept attention_decodes = requires(const A& a, const at::Tensor& x, const decode_batch& batch,
                                     const rotary_table& angles, typename detail::cache_of<A>::type& cache) {
    { a.decode(x, batch, angles, cache) } -> detail::yields<at::Tensor>;
};

/// `prefill(x, prompts, angles, const static_cache&, std::int64_t first_token) const` and `decode(x, const
/// static_rows&, angles, const static_cache&) const`, not required: the same for `static_session`, in memory that stays
/// where it is.
template <class A>
concept attention_decodes_in_place =
    requires(const A& a, const at::Tensor& x, const packed_prompts& prompts, const rotary_table& angles,
             const static_rows& rows, const static_cache& cache, std::int64_t first_token) {
        { a.prefill(x, prompts, angles, cache, first_token) } -> detail::yields<at::Tensor>;
        { a.decode(x, rows, angles, cache) } -> detail::yields<at::Tensor>;
    };

/// The attention of a `decoder<Tensor, ...>`.
template <class A, class Tensor>
concept attention_for = attention_has_slots<A> && attention_has_parts<A> && attention_takes_weights<A, Tensor> &&
                        attention_has_forward<A> && attention_has_cache<A> && attention_cache_releases<A> &&
                        attention_prefills<A> && attention_reserves<A> && attention_decodes<A>;

/// True, or a compile-time error that says what to write.
template <class A, class Tensor>
consteval bool require_attention_for() {
    static_assert(attention_has_slots<A>,
                  "aha: an attention gives the parameters of a layer; write: static std::vector<aha::parameters::slot> "
                  "slots(const aha::decoder_config& config, const std::string& layer);");
    static_assert(attention_has_parts<A>,
                  "aha: an attention says which tensors of a model folder make up its parameters; write: static "
                  "std::vector<aha::weight_part> parts(const aha::decoder_config& config, const std::string& layer);");
    static_assert(attention_takes_weights<A, Tensor>,
                  "aha: an attention takes its parameters from the decoder's, from place `first` on, and can be moved; "
                  "write: my_attention(const aha::decoder_config& config, const aha::weight_store<Tensor>& store, "
                  "std::size_t first);");
    static_assert(attention_has_forward<A>,
                  "aha: an attention computes a packed row, [T, D] to [T, D]; write: at::Tensor forward(const "
                  "at::Tensor& x, const aha::packed_trees& trees, const aha::rotary_table& angles) const;");
    static_assert(attention_has_cache<A>,
                  "aha: an attention names what a session remembers of a layer's tokens; write: "
                  "using cache = aha::key_value_cache;");
    static_assert(attention_cache_releases<A>,
                  "aha: an attention's cache may give back what no row has; write in it: "
                  "void release_unused(const aha::decode_batch& batch);");
    static_assert(attention_prefills<A>,
                  "aha: an attention computes prompts and remembers them; write: at::Tensor prefill(const at::Tensor& "
                  "x, const aha::packed_prompts& prompts, const aha::rotary_table& angles, cache& to) const;");
    static_assert(attention_reserves<A>,
                  "aha: an attention makes room in its cache; write: "
                  "void reserve(cache& in, std::int64_t completions, std::int64_t length) const;");
    static_assert(attention_decodes<A>,
                  "aha: an attention computes one token of each completion, [B, D] to [B, D]; write: at::Tensor "
                  "decode(const at::Tensor& x, const aha::decode_batch& batch, const aha::rotary_table& angles, "
                  "cache& in) const;");
    return true;
}

}  // namespace aha
