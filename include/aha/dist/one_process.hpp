#pragma once

#include <ATen/core/Tensor.h>
#include <string>
#include <vector>

namespace aha {

/// The communicator of a run in one process: nothing to join.
struct one_process {
    int rank() const { return 0; }
    int size() const { return 1; }
    void sum(const at::Tensor&) const {}
    void broadcast(const at::Tensor&, int) const {}
    std::vector<std::string> gather(const std::string& bytes) const { return {bytes}; }
};

}  // namespace aha
