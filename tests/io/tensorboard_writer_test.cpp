#include <aha/io/tensorboard_writer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/concepts/observer.hpp>
#include <tests/io/support.hpp>

namespace {

using aha::test::complaint;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

static_assert(aha::require_observer<aha::tensorboard_writer>());

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes)
        for (const int shift : {4, 0}) text += "0123456789abcdef"[static_cast<unsigned char>(c) >> shift & 15];
    return text;
}

TEST(tensorboard_bytes, are_those_of_tensorboard) {
    const auto golden = nlohmann::json::parse(std::ifstream{AHA_TEST_DATA "/io/data/tensorboard.json"});
    const auto record = [](const std::string& event) { return hex(aha::detail::tf_record(event)); };
    const std::vector<std::pair<std::string, double>> scalars{{"reward", 0.1}, {"kl", -3}};
    EXPECT_EQ(record(aha::detail::version_event(1700000000.25)), golden["version"].get<std::string>());
    EXPECT_EQ(record(aha::detail::scalars_event(1700000001.5, 300, scalars)), golden["scalars"].get<std::string>());
    EXPECT_EQ(record(aha::detail::restart_event(1700000002, 41)), golden["restart"].get<std::string>());
}

class tensorboard_writer_test : public aha::test::in_a_folder {
protected:
    /// The records of a file without their time, checksums checked.
    std::vector<std::string> records(const std::filesystem::path& path) const {
        const std::string all = aha::test::text_of(path);
        std::vector<std::string> found;
        for (std::size_t at = 0; at < all.size();) {
            const std::size_t size =
                static_cast<unsigned char>(all.at(at)) + 256U * static_cast<unsigned char>(all.at(at + 1));
            const std::string data = all.substr(at + 12, size);
            EXPECT_EQ(aha::detail::tf_record(data), all.substr(at, size + 16));
            found.push_back(data.substr(9));
            at += size + 16;
        }
        return found;
    }
};

TEST_F(tensorboard_writer_test, starts_a_file_each_run_and_voids_the_steps_to_be_done_again) {
    const aha::step_report report{.step = 3, .metrics = {{"reward", 0.5}}, .groups = {}};
    aha::tensorboard_writer first{folder_};
    EXPECT_TRUE(first.path().empty());
    first.on_start({});
    first.on_step(report);
    aha::tensorboard_writer second{folder_};
    second.on_start({.start_step = 2});
    second.on_step(report);
    EXPECT_THAT(names("tensorboard"), SizeIs(2));
    EXPECT_THAT(first.path().filename().string(), StartsWith("events.out.tfevents."));
    EXPECT_LT(first.path(), second.path());
    const std::string version = aha::detail::version_event(0).substr(9),
                      scalars = aha::detail::scalars_event(0, 3, report.metrics).substr(9),
                      restart = aha::detail::restart_event(0, 3).substr(9);
    EXPECT_EQ(records(first.path()), (std::vector{version, scalars}));
    EXPECT_EQ(records(second.path()), (std::vector{version, restart, scalars}));
}

TEST_F(tensorboard_writer_test, says_where_it_cannot_write) {
    put("tensorboard", "a file");
    EXPECT_THAT(complaint([&] { aha::tensorboard_writer{folder_}.on_start({}); }),
                HasSubstr("tensorboard/events.out.tfevents."));
}

}  // namespace
