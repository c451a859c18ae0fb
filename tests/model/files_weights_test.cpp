#include <aha/model/files/safetensors_writer.hpp>
#include <aha/model/files/weights.hpp>

#include <ATen/ATen.h>
#include <filesystem>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "files_support.hpp"

namespace {

using namespace files_support;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::map<std::string, at::Tensor> all_of(const aha::weight_source& source) {
    std::map<std::string, at::Tensor> all;
    for (const std::string& name : source.names()) all[name] = source.load(name);
    return all;
}

/// A folder with one sharded or whole model whose tensors a test may change before they are written.
struct changed_folder {
    explicit changed_folder(const std::string& family,
                            const std::function<void(std::map<std::string, at::Tensor>&)>& change,
                            std::uint64_t shard_bytes = 1 << 30) {
        std::map<std::string, at::Tensor> tensors = all_of(aha::weight_source{golden(family)});
        change(tensors);
        std::filesystem::copy_file(golden(family) / "config.json", folder.path / "config.json");
        aha::write_safetensors_folder(folder.path, {tensors.begin(), tensors.end()}, shard_bytes);
    }
    std::string error() const {
        return error_of([&] { all_of(aha::weight_source{folder.path}); });
    }
    temporary_folder folder;
};

TEST(weights, are_the_same_from_a_folder_and_from_gguf) {
    for (const char* family : {"llama", "qwen2", "qwen3"}) {  // the Llama folder is sharded, its GGUF has permuted rows
        const auto folder = all_of(aha::weight_source{golden(family)});
        const auto gguf = all_of(aha::weight_source{golden(std::string{family} + ".gguf")});
        EXPECT_GT(folder.size(), 18U);
        ASSERT_EQ(folder.size(), gguf.size());
        for (const auto& [name, tensor] : folder) {
            EXPECT_EQ(tensor.scalar_type(), at::kHalf) << name;
            EXPECT_EQ(gguf.at(name).scalar_type(), at::kFloat) << name;
            EXPECT_TRUE(gguf.at(name).equal(tensor.to(at::kFloat))) << family << " " << name;
        }
    }
}

TEST(weights, take_every_end_token_of_generation_config) {
    EXPECT_THAT(aha::weight_source{golden("qwen2")}.config().eos_ids, ElementsAre(2, 7));
    EXPECT_TRUE(aha::weight_source{golden("qwen2.gguf")}.gguf().has_value());
}

TEST(weights, must_be_finite) {
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()})
        for (const c10::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble}) {
            const changed_folder f{"qwen3", [&](auto& tensors) {
                                       at::Tensor& t = tensors["model.layers.1.mlp.up_proj.weight"];
                                       t = t.to(type).clone();
                                       t.view({-1})[37] = bad;
                                   }};
            EXPECT_THAT(f.error(),
                        AllOf(HasSubstr("\"model.layers.1.mlp.up_proj.weight\" holds"), HasSubstr("element 37")));
            const aha::weight_source trusting{f.folder.path, {.check_finite = false}};
            EXPECT_EQ(all_of(trusting).size(), trusting.names().size());
        }
    const changed_folder large{"qwen3", [](auto& tensors) {
                                   tensors["model.norm.weight"] = at::full({32}, std::numeric_limits<float>::max());
                               }};
    EXPECT_EQ(large.error(), "no error");
}

TEST(weights, must_be_those_of_the_model) {
    using tensors = std::map<std::string, at::Tensor>;
    const std::string norm = "model.norm.weight";
    EXPECT_THAT(changed_folder("qwen3", [&](tensors& t) { t.erase(norm); }).error(),
                HasSubstr("\"model.norm.weight\" is missing"));
    EXPECT_THAT(changed_folder("qwen3", [&](tensors& t) { t[norm] = at::ones({31}); }).error(),
                HasSubstr("\"model.norm.weight\" has the shape [31], not [32]"));
    EXPECT_THAT(changed_folder("qwen3", [&](tensors& t) { t["more"] = at::ones({1}); }).error(),
                HasSubstr("no place for tensor \"more\""));
    EXPECT_THAT(changed_folder("qwen3", [&](tensors& t) { t[norm] = at::ones({32}, at::kLong); }).error(),
                HasSubstr("whole numbers"));
    EXPECT_EQ(
        changed_folder("qwen3", [&](tensors& t) { t["model.layers.0.self_attn.rotary_emb.inv_freq"] = at::ones({8}); })
            .error(),
        "no error");
    // A head that is tied may be stored if it is the embedding.
    EXPECT_EQ(changed_folder("qwen3", [&](tensors& t) { t["lm_head.weight"] = t["model.embed_tokens.weight"].clone(); })
                  .error(),
              "no error");
    EXPECT_THAT(
        changed_folder("qwen3", [&](tensors& t) { t["lm_head.weight"] = t["model.embed_tokens.weight"] + 1; }).error(),
        HasSubstr("lm_head.weight differs"));
    EXPECT_THAT(changed_folder("qwen2", [&](tensors& t) { t.erase("lm_head.weight"); }).error(),
                HasSubstr("\"lm_head.weight\" is missing"));
}

TEST(weights, shards_must_be_as_their_index_says) {
    const changed_folder f{"qwen3", [](auto&) {}, 20000};
    EXPECT_EQ(f.error(), "no error");
    const auto index_path = f.folder.path / "model.safetensors.index.json";
    const nlohmann::json good = nlohmann::json::parse(read(index_path));
    const auto with = [&](const char* pointer, const nlohmann::json& value) {
        nlohmann::json index = good;
        index[nlohmann::json::json_pointer{pointer}] = value;
        write(index_path, index.dump());
        return f.error();
    };
    EXPECT_THAT(with("/weight_map", 3), HasSubstr("has no weight_map"));
    EXPECT_THAT(with("/weight_map/model.norm.weight", 3), HasSubstr("not a string"));
    for (const char* name : {"../model.safetensors", "/etc/passwd", "..", ".", ""})
        EXPECT_THAT(with("/weight_map/model.norm.weight", name),
                    HasSubstr("not the name of a file in the same folder"));
    EXPECT_THAT(with("/weight_map/model.norm.weight", "none.safetensors"), HasSubstr("No such file"));
    const nlohmann::json& elsewhere = good.at("weight_map").at("model.embed_tokens.weight");
    ASSERT_NE(elsewhere, good.at("weight_map").at("model.norm.weight"));
    EXPECT_THAT(with("/weight_map/model.norm.weight", elsewhere), HasSubstr("does not hold"));
    std::filesystem::remove(index_path);
    EXPECT_THAT(f.error(), HasSubstr("has neither model.safetensors nor"));
}

TEST(weights, need_a_model_at_the_path) {
    const temporary_folder folder;
    const auto error = [](const std::filesystem::path& path) { return error_of([&] { aha::weight_source{path}; }); };
    EXPECT_THAT(error(folder.path / "none"), HasSubstr("there is no model at"));
    EXPECT_THAT(error(folder.path), HasSubstr("config.json"));
    std::filesystem::copy_file(golden("qwen3") / "config.json", folder.path / "config.json");
    write(folder.path / "pytorch_model.bin", "x");
    EXPECT_THAT(error(folder.path), HasSubstr("pytorch_model.bin is not supported"));
    EXPECT_THAT(error(write(folder.path / "text.gguf", "hello world")), HasSubstr("not a GGUF file"));
    EXPECT_THAT(error_of([] { aha::weight_source{golden("qwen3")}.load("none"); }), HasSubstr("no tensor \"none\""));
}

TEST(weights, damaged_gguf_models_are_read_or_refused) {
    const temporary_folder folder;
    const std::string whole = read(golden("llama.gguf"));
    mutator damage{4};
    int refused = 0;
    for (int i = 0; i < 2000; ++i) {
        const auto path = write(folder.path / "damaged.gguf", damage(whole, i % 2 == 0 ? 1000 : 9000));
        refused += error_of([&] { all_of(aha::weight_source{path}); }) != "no error";
    }
    EXPECT_GT(refused, 1000);
    EXPECT_LT(refused, 2000);
}

}  // namespace
