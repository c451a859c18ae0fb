#include <aha/core/tensor_policy.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iostream>

#include <aha/model/decoder.hpp>
#include <aha/model/initialize.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

/// Compiles and links with every LibTorch; says in one sentence that there is no device, or makes a model on it.
TEST(cuda_device, is_used_or_said_to_be_absent) {
    const std::string said = aha::test::complaint([] {
        const auto model = aha::test::small_model<aha::cuda<aha::bfloat16>>();
        EXPECT_TRUE(model.weights().values().is_cuda());
    });
    if (said != "no complaint") {
        std::cout << "cuda: absent\n";
        EXPECT_THAT(said, testing::StartsWith("there is no CUDA device: "));
        EXPECT_THAT(said, testing::Not(testing::HasSubstr("\n")));
    }
}

}  // namespace
