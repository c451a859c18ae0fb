#pragma once

#include <ATen/core/Tensor.h>
#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

#include <aha/concepts/result.hpp>
#include <aha/core/parameters.hpp>

/// The feed-forward block of a `decoder`: what is computed of each token alone. A `decoder` makes one for each layer;
/// its template is the decoder's third argument, `FeedForward<Tensor>` implements this concept.
///
/// 1. `slots(config, layer)`, static, gives the parameters of one layer. `layer` is what their names begin with:
///    "model.layers.3.".
/// 2. `parts(config, layer)`, static, says how tensors of a model folder make up those parameters: all of their rows,
///    each once. Folders are checked for these tensors, loaded from them and saved with them.
/// 3. It is constructed from the configuration, the decoder's `weight_store<Tensor>` and the place of its first
///    parameter there, and can be moved.
/// 4. `forward(x) const` computes the block, [T, D] to [T, D] in the compute type, each row alone. Differentiable with
///    respect to `x` and the parameters.
///
/// Not required: copies.
namespace aha {

struct decoder_config;
struct weight_part;
template <class Tensor>
class weight_store;

/// `slots(const decoder_config&, const std::string&)`, static, gives parameters.
template <class F>
concept feed_forward_has_slots = requires(const decoder_config& config, const std::string& layer) {
    { F::slots(config, layer) } -> detail::yields<std::vector<parameters::slot>>;
};

/// `parts(const decoder_config&, const std::string&)`, static, gives tensors of a model folder.
template <class F>
concept feed_forward_has_parts = requires(const decoder_config& config, const std::string& layer) {
    { F::parts(config, layer) } -> detail::yields<std::vector<weight_part>>;
};

/// It is made of the configuration, the weights and a place in them, and can be moved.
template <class F, class Tensor>
concept feed_forward_takes_weights =
    std::constructible_from<F, const decoder_config&, const weight_store<Tensor>&, std::size_t> &&
    std::move_constructible<F>;

/// `forward(const at::Tensor&) const` gives a tensor.
template <class F>
concept feed_forward_has_forward = requires(const F& f, const at::Tensor& x) {
    { f.forward(x) } -> detail::yields<at::Tensor>;
};

/// The feed-forward block of a `decoder<Tensor, ...>`.
template <class F, class Tensor>
concept feed_forward_for = feed_forward_has_slots<F> && feed_forward_has_parts<F> &&
                           feed_forward_takes_weights<F, Tensor> && feed_forward_has_forward<F>;

/// True, or a compile-time error that says what to write.
template <class F, class Tensor>
consteval bool require_feed_forward_for() {
    static_assert(feed_forward_has_slots<F>,
                  "aha: a feed-forward block gives the parameters of a layer; write: static "
                  "std::vector<aha::parameters::slot> slots(const aha::decoder_config& config, const std::string& "
                  "layer);");
    static_assert(
        feed_forward_has_parts<F>,
        "aha: a feed-forward block says which tensors of a model folder make up its parameters; write: static "
        "std::vector<aha::weight_part> parts(const aha::decoder_config& config, const std::string& layer);");
    static_assert(feed_forward_takes_weights<F, Tensor>,
                  "aha: a feed-forward block takes its parameters from the decoder's, from place `first` on, and can "
                  "be moved; write: my_feed_forward(const aha::decoder_config& config, const "
                  "aha::weight_store<Tensor>& store, std::size_t first);");
    static_assert(feed_forward_has_forward<F>,
                  "aha: a feed-forward block computes each row alone, [T, D] to [T, D]; write: "
                  "at::Tensor forward(const at::Tensor& x) const;");
    return true;
}

}  // namespace aha
