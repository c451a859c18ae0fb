#pragma once

#include <gtest/gtest.h>

#include <aha/core/error.hpp>
#include <aha/core/tensor_policy.hpp>

namespace aha::test {

/// Every device and type that a model can be on.
using tensor_policies = ::testing::Types<cpu<float>, cpu<bfloat16>, cuda<float>, cuda<bfloat16>>;

/// Why a policy's tests cannot be run here, or nothing.
template <class Tensor>
std::string absent() {
    try {
        Tensor::device();
        return {};
    } catch (const error& problem) {
        return problem.what();
    }
}

/// Names of typed tests.
struct policy_names {
    template <class Tensor>
    static std::string GetName(int) {
        const bool on_gpu = std::is_base_of_v<detail::tensor_policy_base<typename Tensor::compute, c10::kCUDA>, Tensor>;
        return std::string{on_gpu ? "cuda" : "cpu"} +
               (std::is_same_v<typename Tensor::compute, float> ? "_float" : "_bfloat16");
    }
};

/// A test of a tensor policy; where its device is absent, the test says so and counts as absent, not as passed.
template <class Tensor>
class on_device : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = absent<Tensor>(); !why.empty()) GTEST_SKIP() << "absent: " << why;
    }
};

}  // namespace aha::test
