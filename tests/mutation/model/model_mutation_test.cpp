// Damaged inputs of those kinds that need tensors: some hundreds here, 100,000 by tests/mutate.
#include <gtest/gtest.h>

#include <tests/mutation/check.hpp>
#include <tests/mutation/model_kinds.hpp>
#include <tests/mutation/rows_kind.hpp>

namespace {

TEST(mutation, folder) { mutation::check(mutation::folder_kind()); }
TEST(mutation, gguf) { mutation::check(mutation::gguf_kind()); }
TEST(mutation, rows) { mutation::check(mutation::rows_kind()); }

}  // namespace
