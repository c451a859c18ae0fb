#pragma once

// What tests of tensors include, compiled once; AHA_TEST_PCH_ALL is the build's (tests/precompiled.cmake).
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/csrc/autograd/custom_function.h>

#ifdef AHA_TEST_PCH_ALL
#include <aha/aha.hpp>
#endif
