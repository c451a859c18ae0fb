#include <gtest/gtest.h>
#include <string>

#include <aha/kernels/dispatch.hpp>

namespace {

std::string cpu() { return "cpu"; }
std::string kernel() { return "kernel"; }
std::string composed() { return "composed"; }

TEST(dispatch, calls_the_form_for_the_device) {
    const c10::Device gpu{c10::DeviceType::CUDA, 0};
    EXPECT_EQ(aha::dispatch(c10::kCPU, cpu, kernel, composed), "cpu");
    EXPECT_EQ(aha::dispatch(gpu, cpu, kernel, composed), aha::has_device_kernels ? "kernel" : "composed");
    EXPECT_EQ(aha::dispatch(c10::kCPU, cpu, composed), "cpu");
    EXPECT_EQ(aha::dispatch(gpu, cpu, composed), "composed");
}

TEST(dispatch, calls_one_form_alone) {
    int calls = 0;
    aha::dispatch(
        c10::kCPU, [&] { ++calls; }, [&] { calls += 10; }, [&] { calls += 100; });
    EXPECT_EQ(calls, 1);
}

}  // namespace
