#include <aha/model/pack.hpp>
#include <aha/core/tensor_policy.hpp>
#include <aha/loss/chunked_log_probs.hpp>
#include <aha/model/decoder.hpp>
#include <aha/pretrained/weights.hpp>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "files_support.hpp"

namespace {

using namespace files_support;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::filesystem::path made(const std::string& name) {
    return std::filesystem::path{AHA_TEST_DATA} / "model" / "data" / "gguf" / name;
}

/// The decoder in a GGUF file, its weights by the names of its parts.
aha::decoder<aha::cpu<float>> decoder_of(const std::filesystem::path& path) {
    const at::NoGradGuard no_gradients;
    const aha::weight_source source{path};
    aha::decoder<aha::cpu<float>> model{source.config()};
    for (const aha::weight_part& part : decltype(model)::parts(model.config()))
        model.weights()[part.slot].narrow(0, part.row, part.rows).copy_(source.load(part.name));
    model.refresh();
    return model;
}

// llama.cpp's own log-probs (llama-cpp-python 0.3.36): tests/golden/make_gguf_decoder_golden.py.
TEST(gguf_decoder, computes_what_llama_cpp_does) {
    const nlohmann::json expected = nlohmann::json::parse(text_of(made("decoders.json")));
    const auto ids = expected.at("ids").get<std::vector<aha::token_id>>();
    const at::NoGradGuard no_gradients;
    for (const auto& [name, theirs] : expected.at("log_probs").items()) {
        const auto model = decoder_of(made("decoder_" + name + ".gguf"));
        const aha::token_group text{std::span{ids}.first(1), {std::span{ids}.subspan(1)}};
        const aha::packed_groups packed = aha::pack_groups(std::span{&text, 1});
        const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows);
        const at::Tensor ours = aha::compute_log_probs(hidden, model.head(), packed.predictions.targets).log_probs;
        ASSERT_EQ(ours.numel(), static_cast<std::int64_t>(theirs.size()));
        for (std::int64_t i = 0; i < ours.numel(); ++i)
            EXPECT_NEAR(ours[i].item<float>(), theirs.at(static_cast<std::size_t>(i)).get<float>(), 2e-5) << name;
    }
}

// llama.cpp loads no file with a tensor that it has no use for; others of the library's files do have such.
TEST(gguf_decoder, tensors_outside_the_model_are_told) {
    const made_folder folder;
    const std::string whole = text_of(made("decoder_divisors.gguf")), sought = "rope_freqs.weight";
    const auto renamed = [&](const std::string& name) {
        std::string bytes = whole;
        return write(folder / "a.gguf", bytes.replace(bytes.find(sought), sought.size(), name));
    };
    EXPECT_THAT(aha::weight_source{made("decoder_divisors.gguf")}.notes(), IsEmpty());
    for (const char* extra : {"v_head.abc.weight", "blk.1.abcd.weight", "mtp.layers.0.w_in"})
        EXPECT_THAT(aha::weight_source{renamed(extra)}.notes(), ElementsAre(HasSubstr(extra))) << extra;
    for (const char* used : {"blk.0.attn_q.sc__", "blk.0.attn_norm_2", "output_scale.abcd", "token_embd_norm.w"})
        EXPECT_THAT(complaint([&] { aha::weight_source{renamed(used)}; }), HasSubstr(used)) << used;
}

}  // namespace
