#include <aha/io/folder_checkpoints.hpp>

#include <ATen/ATen.h>
#include <cstdint>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>

#include <aha/concepts/checkpoint_store.hpp>
#include <tests/io/support.hpp>

namespace {

using aha::test::complaint;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

static_assert(aha::require_checkpoint_store<aha::folder_checkpoints>());

class folder_checkpoints_test : public aha::test::in_a_folder {
protected:
    static aha::state some(int number) {
        aha::state s;
        s.tensors["w"] = at::full({2, 3}, number, at::kFloat);
        s.values = {{"step", number}, {"rate", 0.1}};
        return s;
    }
    aha::folder_checkpoints store(std::int64_t keep = 2) const {
        return aha::folder_checkpoints{folder_ / "c", {.keep = keep}};
    }
};

TEST_F(folder_checkpoints_test, gives_back_every_type_shape_and_bit) {
    aha::state s;
    for (const at::ScalarType type : {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kHalf,
                                      at::kBFloat16, at::kFloat, at::kDouble})
        s.tensors[std::string{"optimizer/"} + c10::toString(type)] = at::arange(12).sub(5).to(type).view({3, 4});
    s.tensors["odd"] = at::full({3}, 7, at::kByte);  // what follows is not aligned
    s.tensors["scalar"] = at::scalar_tensor(std::numeric_limits<double>::quiet_NaN(), at::kDouble);
    s.tensors["empty"] = at::empty({0, 1000, 1000});
    s.tensors["transposed"] = at::arange(6).view({2, 3}).t();
    s.tensors["gradient"] = at::ones({2}).requires_grad_();
    s.values = {{"tiny", 5e-324},
                {"third", 1.0 / 3},
                {"seed", std::numeric_limits<std::uint64_t>::max()},
                {"n", -3},
                {"x", 1.0},
                {"text", "é\n"},
                {"list", {nullptr, true}}};
    store().save(7, s);
    const auto [step, back] = store().load_latest().value();
    EXPECT_EQ(step, 7);
    EXPECT_EQ(back.values, s.values);
    EXPECT_TRUE(back.values["x"].is_number_float() && back.values["n"].is_number_integer());
    ASSERT_EQ(back.tensors.size(), s.tensors.size());
    for (const auto& [name, tensor] : s.tensors) {
        const at::Tensor& got = back.tensors.at(name);
        EXPECT_EQ(got.scalar_type(), tensor.scalar_type()) << name;
        ASSERT_EQ(got.sizes(), tensor.sizes()) << name;
        EXPECT_TRUE(at::allclose(got.to(at::kDouble), tensor.to(at::kDouble), 0, 0, true)) << name;
        EXPECT_FALSE(got.requires_grad());
    }
}

TEST_F(folder_checkpoints_test, keeps_the_newest) {
    EXPECT_FALSE(store().load_latest());
    EXPECT_FALSE(store().latest_step());
    for (const int step : {1, 2, 3, 1'000'000, 20'000'000}) store().save(step, some(step));
    EXPECT_THAT(names("c"), ElementsAre("step-1000000", "step-20000000"));
    EXPECT_EQ(store().latest_step(), 20'000'000);
    const auto [step, back] = store().load_latest().value();
    EXPECT_EQ(back.values, some(step).values);
    store(1).save(20'000'000, some(4));
    EXPECT_THAT(names("c"), ElementsAre("step-20000000"));
    EXPECT_EQ(store().load_latest()->second.values["step"], 4);
}

TEST_F(folder_checkpoints_test, gives_one_by_its_name) {
    for (const int step : {1, 2}) store().save(step, some(step));
    EXPECT_EQ(store().load("step-000001").values, some(1).values);
    EXPECT_EQ(store().load("step-000002").values, some(2).values);
    for (const char* none : {"step-000003", "step-1", "", "..", "step-000002/"})
        EXPECT_THROW(store().load(none), aha::error) << none;
}

TEST_F(folder_checkpoints_test, sets_aside_what_another_run_left_beyond) {
    store().save(30, some(30));
    store().save(40, some(40));
    store(1).save(10, some(10));
    EXPECT_THAT(names("c"), ElementsAre("step-000010", "step-000030.replaced-1", "step-000040.replaced-1"));
    EXPECT_EQ(store().load_latest()->first, 10);
}

TEST_F(folder_checkpoints_test, overlooks_and_then_removes_what_a_killed_run_left) {
    store().save(1, some(1));
    for (const auto* name : {"step-000002.partial-999999999-0", "step-000002.partial-1-0", "step-x", "notes"})
        std::filesystem::create_directory(folder_ / "c" / name);
    EXPECT_EQ(store().load_latest()->first, 1);
    store().save(2, some(2));
    EXPECT_THAT(names("c"), ElementsAre("notes", "step-000001", "step-000002", "step-000002.partial-1-0", "step-x"));
}

TEST_F(folder_checkpoints_test, leaves_everything_as_it_was_when_the_disk_is_full) {
    store().save(1, some(1));
    aha::state large = some(2);
    large.tensors["large"] = at::zeros({100'000});
    {
        const aha::test::full_disk full{65'536};
        EXPECT_THAT(complaint([&] { store().save(2, large); }),
                    AllOf(HasSubstr("tensors.bin"), HasSubstr("File too large")));
    }
    EXPECT_THAT(names("c"), ElementsAre("step-000001"));
    EXPECT_EQ(store().load_latest()->second.values, some(1).values);
    store().save(2, large);
    EXPECT_EQ(store().latest_step(), 2);
}

TEST_F(folder_checkpoints_test, says_what_cannot_be_saved) {
    const auto saving = [&](const aha::state& s) { return complaint([&] { store().save(1, s); }); };
    aha::state s = some(1);
    s.values["loss"] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THAT(saving(s), AllOf(HasSubstr("step-000001"), HasSubstr("NaN")));
    s.values["loss"] = "\xff";
    EXPECT_THAT(saving(s), HasSubstr("not UTF-8"));
    s = some(1);
    s.tensors["u"] = at::Tensor{};
    EXPECT_THAT(saving(s), HasSubstr("\"u\" is undefined"));
    s.tensors["u"] = at::zeros({1}, at::kComplexFloat);
    EXPECT_THAT(saving(s), HasSubstr("\"u\" has the type ComplexFloat"));
    s.tensors.erase("u");
    s.tensors["\xff"] = at::zeros({1});
    EXPECT_THAT(saving(s), HasSubstr("name of a tensor"));
    EXPECT_THAT(complaint([&] { store().save(-1, some(1)); }), HasSubstr("not -1"));
    EXPECT_THAT(complaint([&] { store(0); }), HasSubstr("not 0"));
    EXPECT_THAT(names("c"), IsEmpty());
    put("file", "");
    aha::folder_checkpoints nowhere{folder_ / "file" / "below"}, file{folder_ / "file"};
    EXPECT_THAT(complaint([&] { nowhere.save(1, some(1)); }), HasSubstr("Not a directory"));
    EXPECT_THAT(complaint([&] { file.save(1, some(1)); }), HasSubstr("is no folder"));
    EXPECT_THAT(complaint([&] { file.load_latest(); }), HasSubstr("is no folder"));
}

TEST_F(folder_checkpoints_test, finds_every_damaged_byte) {
    store().save(1, some(1));
    store().save(2, some(2));
    std::mt19937 random{11};
    for (const std::string file : {"state.json", "tensors.bin"}) {
        const std::filesystem::path name = std::filesystem::path{"c"} / "step-000002" / file;
        const std::string right = content(name);
        const auto with = [&](const std::string& bytes) {
            put(name, bytes);
            return complaint([&] { store().load_latest(); });
        };
        for (std::size_t at = 0; at < right.size(); ++at) {
            std::string wrong = right;
            wrong[at] = static_cast<char>(wrong[at] ^ 1 << random() % 8);
            ASSERT_THAT(with(wrong), AllOf(HasSubstr("c/step-000002/"), HasSubstr("to go on from step 1 remove")))
                << file << at;
            ASSERT_THAT(with(right.substr(0, at)), HasSubstr("c/step-000002/" + std::string{at == 0 ? file : ""}))
                << file << at;
        }
        ASSERT_THAT(with(right + " "), HasSubstr("damaged"));
        ASSERT_EQ(with(right), "no complaint");
    }
    std::filesystem::remove(folder_ / "c" / "step-000002" / "tensors.bin");
    EXPECT_THAT(complaint([&] { store().load_latest(); }), HasSubstr("step-000002/tensors.bin"));
    std::filesystem::remove_all(folder_ / "c" / "step-000002");
    EXPECT_EQ(store().load_latest()->first, 1);
    std::filesystem::rename(folder_ / "c" / "step-000001", folder_ / "c" / "step-000009");
    EXPECT_THAT(complaint([&] { store().load_latest(); }), HasSubstr("another step than its folder says"));
}

// An index with a right checksum that lies: made by hand, as a broken writer would.
TEST_F(folder_checkpoints_test, survives_a_lying_index) {
    const auto reading = [&](const std::string& index) {
        std::string bytes = "ahastate" + std::string(16, '\1') + index;
        bytes += aha::detail::bytes_of_number<std::uint64_t>(24) +
                 aha::detail::bytes_of_number<std::uint64_t>(index.size()) +
                 aha::detail::bytes_of_number(aha::crc32c(index)) + "ahae";
        put("t", bytes);
        return complaint([&] { aha::detail::tensor_file{folder_ / "t"}; });
    };
    const auto entry = [](const std::string& type, const std::string& shape, const std::string& offset) {
        return R"({"tensors":[{"name":"w","type":")" + type + R"(","shape":)" + shape + R"(,"offset":)" + offset +
               R"(,"crc32c":)" + std::to_string(aha::crc32c(std::string(16, '\1'))) + "}]}";
    };
    EXPECT_EQ(reading(entry("float32", "[2,2]", "8")), "no complaint");
    EXPECT_THAT(reading(entry("float32", "[2,2]", "9")), HasSubstr("beyond the file"));
    EXPECT_THAT(reading(entry("float32", "[2,2]", "-8")), HasSubstr("beyond the file"));
    EXPECT_THAT(reading(entry("float32", "[4294967296,4294967296]", "8")), HasSubstr("impossible shape"));
    EXPECT_THAT(reading(entry("float32", "[4294967296,4294967296,0]", "8")), HasSubstr("impossible shape"));
    EXPECT_THAT(reading(entry("float32", "[-1]", "8")), HasSubstr("impossible shape"));
    EXPECT_THAT(reading(entry("float31", "[1]", "8")), HasSubstr("unknown type"));
    EXPECT_THAT(reading(entry("float32", "4", "8")), HasSubstr("not what it should be"));
    EXPECT_THAT(reading("{}"), HasSubstr("not what it should be"));
    EXPECT_THAT(reading("[[[["), HasSubstr("not what it should be"));
}

}  // namespace
