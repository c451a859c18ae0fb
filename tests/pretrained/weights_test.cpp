#include <aha/pretrained/safetensors.hpp>
#include <aha/pretrained/weights.hpp>

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
        std::filesystem::copy_file(golden(family) / "config.json", folder / "config.json");
        aha::write_safetensors_folder(folder, {tensors.begin(), tensors.end()}, shard_bytes);
    }
    std::string error() const {
        return complaint([&] { all_of(aha::weight_source{folder}); });
    }
    made_folder folder;
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
            const aha::weight_source trusting{f.folder, {.check_finite = false}};
            EXPECT_EQ(all_of(trusting).size(), trusting.names().size());
        }
    const changed_folder large{"qwen3", [](auto& tensors) {
                                   tensors["model.norm.weight"] = at::full({32}, std::numeric_limits<float>::max());
                               }};
    EXPECT_EQ(large.error(), "no complaint");
}

TEST(weights, must_be_those_of_the_model) {
    using tensors = std::map<std::string, at::Tensor>;
    const std::string norm = "model.norm.weight";
    EXPECT_THAT(changed_folder("qwen3", [&](tensors& t) { t.erase(norm); }).error(),
                HasSubstr("\"model.norm.weight\" is missing"));
    EXPECT_THAT(changed_folder("qwen3", [&](tensors& t) { t[norm] = at::ones({31}); }).error(),
                HasSubstr("\"model.norm.weight\" has the shape [31], not [32]"));
    EXPECT_THAT(changed_folder("qwen3", [&](tensors& t) { t[norm] = at::ones({32}, at::kLong); }).error(),
                HasSubstr("\"model.norm.weight\" is of the type I64, which is not one that weights can have"));
    // A head that is tied may be stored if it is the embedding.
    EXPECT_EQ(changed_folder("qwen3", [&](tensors& t) { t["lm_head.weight"] = t["model.embed_tokens.weight"].clone(); })
                  .error(),
              "no complaint");
    EXPECT_THAT(changed_folder("qwen2", [&](tensors& t) { t.erase("lm_head.weight"); }).error(),
                HasSubstr("\"lm_head.weight\" is missing"));
}

TEST(weights, pass_over_what_the_model_has_no_place_for_and_say_so_once) {
    using tensors = std::map<std::string, at::Tensor>;
    const changed_folder f{"qwen3", [](tensors& t) {
                               t["v_head.summary.weight"] = at::ones({1});
                               t["model.layers.7.mlp.up_proj.weight"] = at::ones({3});
                               t["model.layers.0.self_attn.masked_bias"] = at::ones({1}, at::kLong);
                               t["model.layers.0.self_attn.kv_scale"] = at::ones({1}).to(at::kFloat8_e4m3fn);
                           }};
    const aha::weight_source source{f.folder};
    ASSERT_EQ(source.notes().size(), 1U);
    EXPECT_THAT(source.notes()[0],
                HasSubstr("the model has no place for \"model.layers.0.self_attn.kv_scale\", "
                          "\"model.layers.0.self_attn.masked_bias\", \"model.layers.7.mlp.up_proj.weight\", "
                          "\"v_head.summary.weight\", passed over"));
    EXPECT_EQ(f.error(), "no complaint");
    const changed_folder many{"qwen3", [](tensors& t) {
                                  for (int n = 0; n < 20; ++n) t["mtp." + std::to_string(n)] = at::ones({1});
                              }};
    EXPECT_THAT(aha::weight_source{many.folder}.notes().at(0), HasSubstr("and 12 others, passed over"));
}

// transformers 5.23.0: the head of the file is used, whatever the configuration says of tying.
TEST(weights, take_the_head_of_the_file) {
    using tensors = std::map<std::string, at::Tensor>;
    const std::string head = "lm_head.weight", embedding = "model.embed_tokens.weight";
    const changed_folder other{"qwen3", [&](tensors& t) { t[head] = t[embedding] + 1; }};
    const aha::weight_source untied{other.folder};
    EXPECT_FALSE(untied.config().tie_embeddings);
    EXPECT_THAT(untied.notes(), ElementsAre(HasSubstr("lm_head.weight is used although")));
    EXPECT_TRUE(untied.load(head).equal(untied.load(embedding) + 1));
    const changed_folder alone{"qwen3", [&](tensors& t) {
                                   t[head] = t[embedding];
                                   t.erase(embedding);
                               }};
    const aha::weight_source tied{alone.folder};
    EXPECT_TRUE(tied.config().tie_embeddings);
    EXPECT_THAT(tied.notes(), ElementsAre(HasSubstr("lm_head.weight is used for both")));
    EXPECT_TRUE(tied.load(embedding).equal(aha::weight_source{golden("qwen3")}.load(embedding)));
    const changed_folder wider{"qwen3", [&](tensors& t) { t[head] = t[embedding].to(at::kDouble); }};
    EXPECT_TRUE(aha::weight_source{wider.folder}.config().tie_embeddings);
}

TEST(weights, float8_is_multiplied_by_its_scales) {
    using tensors = std::map<std::string, at::Tensor>;
    const std::string up = "model.layers.0.mlp.up_proj.weight";
    const at::Tensor stored = aha::weight_source{golden("qwen3")}.load(up).to(at::kFloat8_e4m3fn);
    const at::Tensor plain = stored.to(at::kFloat);
    const std::int64_t rows = plain.size(0), columns = plain.size(1);
    const auto loaded = [&](const std::string& name, const at::Tensor& scales) {
        const changed_folder f{"qwen3", [&](tensors& t) {
                                   t[up] = stored;
                                   if (scales.defined()) t[up + name] = scales;
                               }};
        const aha::weight_source source{f.folder};
        EXPECT_TRUE(source.notes().empty());
        return source.load(up);
    };
    EXPECT_TRUE(loaded("", {}).equal(plain));
    EXPECT_TRUE(loaded("_scale", at::full({1}, 0.5)).equal(plain * 0.5));
    const at::Tensor each = at::arange(1, rows + 1).to(at::kFloat);
    EXPECT_TRUE(loaded("_scale", each).equal(plain * each.unsqueeze(1)));
    EXPECT_TRUE(loaded("_scale", each.unsqueeze(1)).equal(plain * each.unsqueeze(1)));
    EXPECT_TRUE(loaded("_scale_inv", at::full({1, 1}, 3.0).to(at::kBFloat16)).equal(plain * 3));
    const at::Tensor blocks = loaded("_scale_inv", at::tensor({2.0F, 4.0F}).view({2, 1}));
    EXPECT_TRUE(blocks.narrow(0, 0, rows / 2).equal(plain.narrow(0, 0, rows / 2) * 2));
    EXPECT_TRUE(blocks.narrow(0, rows / 2, rows / 2).equal(plain.narrow(0, rows / 2, rows / 2) * 4));
    EXPECT_THAT(complaint([&] {
                    loaded("_scale", at::ones({rows, columns + 1}));
                }),
                HasSubstr("has scales of the shape"));
}

TEST(weights, say_what_a_folder_or_file_is_that_holds_no_model) {
    const made_folder folder;
    const auto error = [](const std::filesystem::path& path) { return complaint([&] { aha::weight_source{path}; }); };
    const auto made = [&](const std::string& name, const std::vector<std::string>& files) {
        const std::filesystem::path place = folder / name;
        for (const std::string& file : files) {
            std::filesystem::create_directories((place / file).parent_path());
            write(place / file, "{}");
        }
        return place;
    };
    EXPECT_THAT(error("some/model"), HasSubstr("hf download some/model"));
    write(made("adapter", {"adapter_model.safetensors"}) / "adapter_config.json",
          R"({"base_model_name_or_path": "some/base"})");
    EXPECT_THAT(error(folder / "adapter"), HasSubstr("holds an adapter of \"some/base\" and no model"));
    EXPECT_THAT(error(made("damaged", {"adapter_config.json/x"})), HasSubstr("holds an adapter and no model"));
    const auto run = made("run", {"metrics.jsonl", "checkpoints/step-000002/state.json"});
    EXPECT_THAT(error(run), HasSubstr("export --run " + run.string()));
    EXPECT_THAT(error(run / "checkpoints"),
                HasSubstr("holds the checkpoints of a run, not a model: examples/run export --run " + run.string()));
    made("run", {"model/config.json"});
    EXPECT_THAT(error(run), HasSubstr("the model it trained is " + (run / "model").string()));
    EXPECT_THAT(error(made("step", {"state.json", "tensors.bin"})), HasSubstr("is a checkpoint of a run, not a model"));
    EXPECT_THAT(error(made("models--a--b", {"snapshots/12ab/config.json"})), HasSubstr("models--a--b/snapshots/12ab"));
    EXPECT_THAT(error(made("quants", {"a.gguf"})), HasSubstr("give the file"));
    EXPECT_THAT(error(made("whole", {"model.safetensors"}) / "model.safetensors"), HasSubstr("give the folder"));
    EXPECT_THAT(error(made("pickle", {"pytorch_model.bin"}) / "pytorch_model.bin"), HasSubstr("is a pickle"));
}

TEST(weights, shards_must_be_as_their_index_says) {
    const changed_folder f{"qwen3", [](auto&) {}, 20000};
    EXPECT_EQ(f.error(), "no complaint");
    const auto index_path = f.folder / "model.safetensors.index.json";
    const nlohmann::json good = nlohmann::json::parse(text_of(index_path));
    const auto with = [&](const char* pointer, const nlohmann::json& value) {
        nlohmann::json index = good;
        index[nlohmann::json::json_pointer{pointer}] = value;
        write(index_path, index.dump());
        return f.error();
    };
    EXPECT_THAT(with("/weight_map", 3), HasSubstr("has no weight_map"));
    EXPECT_THAT(with("/weight_map/model.norm.weight", 3), HasSubstr("not a string"));
    for (const std::string& name :
         std::vector<std::string>{"../model.safetensors", "/etc/passwd", "..", ".", "", std::string(9000, 'a')})
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
    const made_folder folder;
    const auto error = [](const std::filesystem::path& path) { return complaint([&] { aha::weight_source{path}; }); };
    EXPECT_THAT(error(folder / "none"), HasSubstr("there is no model at"));
    EXPECT_THAT(error(folder), HasSubstr("config.json"));
    std::filesystem::copy_file(golden("qwen3") / "config.json", folder / "config.json");
    write(folder / "pytorch_model.bin", "x");
    EXPECT_THAT(error(folder), HasSubstr("has its weights in pytorch_model.bin alone"));
    EXPECT_THAT(error(write(folder / "text.gguf", "hello world")), HasSubstr("not a GGUF file"));
    EXPECT_THAT(complaint([] { aha::weight_source{golden("qwen3")}.load("none"); }), HasSubstr("no tensor \"none\""));
}

}  // namespace
