#pragma once

#include <type_traits>

#include <aha/core/error.hpp>
#include <aha/dist/gloo.hpp>
#include <aha/dist/nccl.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/dist/rank_environment.hpp>

namespace aha::detail {

/// The communicator of a trainer that is given none: the ranks that a launcher started, joined by what moves tensors of
/// the model's device.
template <class Tensor>
struct join_launched_ranks {
    template <class Communicator>
    Communicator operator()(std::type_identity<Communicator>) const {
        if constexpr (std::is_same_v<Communicator, process_group>)
            return Tensor::device().is_cuda() ? join_with_nccl() : join_with_gloo();
        else return Communicator{};
    }
};

}  // namespace aha::detail
