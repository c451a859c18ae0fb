// Damaged inputs of those kinds that need no tensors: some hundreds here, 100,000 by tests/mutate.
#include <gtest/gtest.h>

#include <tests/mutation/check.hpp>
#include <tests/mutation/gguf_text_kind.hpp>
#include <tests/mutation/template_kind.hpp>
#include <tests/mutation/tokenizer_kind.hpp>

namespace {

TEST(mutation, tokenizer) { mutation::check(mutation::tokenizer_kind()); }
TEST(mutation, chat_template) { mutation::check(mutation::template_kind()); }
TEST(mutation, gguf_text) { mutation::check(mutation::gguf_text_kind()); }

}  // namespace
