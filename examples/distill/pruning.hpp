#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <aha/aha.hpp>

namespace example {

/// The layers that a model of `count` of them keeps, in order, when again and again the layer goes without which
/// `examples` are least surprising.
template <class Model>
std::vector<std::int64_t> layers_to_keep(const Model& whole, std::int64_t count,
                                         std::span<const aha::supervised_example> examples) {
    Model model = whole.clone();
    const at::NoGradGuard no_gradients;
    std::vector<std::int64_t> kept(static_cast<std::size_t>(whole.config().layers));
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = static_cast<std::int64_t>(i);
    // A layer adds to the residual stream what these two projections give: without them it is as if it were not there.
    const auto outputs = [](const Model& of, std::int64_t layer) {
        const std::string name = "model.layers." + std::to_string(layer);
        return std::vector{of.weights()[name + ".self_attn.o_proj.weight"],
                           of.weights()[name + ".mlp.down_proj.weight"]};
    };
    const auto remove = [&](std::int64_t layer) {
        for (const at::Tensor& output : outputs(model, layer)) output.zero_();
        model.refresh();
    };
    const auto put_back = [&](std::int64_t layer) {
        const auto mine = outputs(model, layer), original = outputs(whole, layer);
        for (std::size_t i = 0; i < mine.size(); ++i) mine[i].copy_(original[i]);
    };
    while (std::ssize(kept) > count) {
        double least = std::numeric_limits<double>::infinity();
        std::int64_t goes = 0;
        for (const std::int64_t layer : kept) {
            remove(layer);
            const double loss = aha::mean_supervised_loss(model, aha::cross_entropy{}, examples, 8192);
            put_back(layer);
            if (loss < least) least = loss, goes = layer;
        }
        remove(goes);
        std::erase(kept, goes);
        std::cout << "without layer " << goes << " too: loss " << least << std::endl;
    }
    return kept;
}

/// A model with these layers of another.
template <class Model>
Model with_layers(const Model& whole, const std::vector<std::int64_t>& kept) {
    aha::decoder_config config = whole.config();
    config.layers = std::ssize(kept);
    Model part{config};
    const at::NoGradGuard no_gradients;
    const std::string prefix = "model.layers.";
    for (std::size_t i = 0; i < part.weights().size(); ++i) {
        std::string name = part.weights().at(i).name;
        if (name.starts_with(prefix)) {
            const std::size_t dot = name.find('.', prefix.size());
            const std::size_t layer = std::stoul(name.substr(prefix.size(), dot - prefix.size()));
            name = prefix + std::to_string(kept.at(layer)) + name.substr(dot);
        }
        part.weights()[i].copy_(whole.weights()[name]);
    }
    part.refresh();
    return part;
}

}  // namespace example
