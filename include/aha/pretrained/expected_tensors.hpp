#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/parameters.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/model/scalar_head.hpp>
#include <aha/model/weight_store.hpp>

namespace aha {

/// Names of tensors with their shapes (rows, columns).
using tensor_shapes = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

/// Says which tensors a model folder holds: `expected_tensors<Model>`.
using tensor_layout = std::function<tensor_shapes(const decoder_config&)>;

/// The tensors of a model folder of this configuration, with shapes, in the order of `Model::parts(config)`. A reward
/// model's has a score head in place of the LM head. Throws `aha::error` unless the parts fill every parameter of
/// `Model::slots(config)`.
/// @tparam Model a `decoder`
template <class Model>
tensor_shapes expected_tensors(const decoder_config& config) {
    decoder_config body = config;
    if (config.has_score_head) body.tie_embeddings = true;  // no LM head
    struct parameter {
        std::vector<std::int64_t> shape;
        std::vector<std::pair<std::int64_t, std::int64_t>> filled{};  // rows, from and to
    };
    std::unordered_map<std::string, parameter> slots;
    for (const parameters::slot& slot : Model::slots(body)) slots[slot.name].shape = slot.shape;
    tensor_shapes all;
    for (const weight_part& part : Model::parts(body)) {
        const auto slot = slots.find(part.slot);
        require(slot != slots.end(), "the model has no parameter ", detail::shown_name(part.slot), " for tensor ",
                detail::shown_name(part.name));
        slot->second.filled.emplace_back(part.row, part.row + part.rows);
        all.emplace_back(part.name, slot->second.shape);
        if (!all.back().second.empty()) all.back().second.front() = part.rows;
    }
    for (auto& [name, slot] : slots) {
        std::ranges::sort(slot.filled);
        std::int64_t next = 0;
        bool sound = !slot.shape.empty();
        for (const auto& [from, to] : slot.filled) {
            sound = sound && from == next;
            next = to;
        }
        require(sound && next == slot.shape.front(), "the tensors that the model's parts name for parameter ",
                detail::shown_name(name), " do not make up its rows, each once");
    }
    if (config.has_score_head) all.emplace_back(scalar_head::name, std::vector<std::int64_t>{1, config.hidden_size});
    return all;
}

}  // namespace aha
