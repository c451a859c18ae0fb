#include <aha/data/jsonl_rows.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <range/v3/algorithm/for_each.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>
#include <range/v3/view/view.hpp>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/data/row_shapes.hpp>

#include <tests/support/made_folder.hpp>
#include <tests/support/packed.hpp>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;
namespace views = ranges::views;

static_assert(ranges::input_range<aha::jsonl_rows> && ranges::viewable_range<aha::jsonl_rows>);
static_assert(std::ranges::input_range<aha::jsonl_rows> && std::ranges::view<aha::jsonl_rows>);

class jsonl_rows_test : public testing::Test {
protected:
    std::filesystem::path file(std::string_view content) const { return folder_.file("rows.jsonl", content); }
    /// {"prompt":"p0","completion":"c0"} and so on, the third after a blank line.
    std::filesystem::path pairs(int count) const {
        std::string content;
        for (int i = 0; i < count; ++i)
            content += (i == 2 ? "\n" : "") + std::string{"{\"prompt\":\"p"} + std::to_string(i) +
                       "\",\"completion\":\"c" + std::to_string(i) + "\"}\n";
        return file(content);
    }
    aha::test::made_folder folder_;
};

/// A view of the user's own, with a setting: rows whose prompt has at least so many bytes.
struct long_prompts {
    std::size_t least = 1;
    template <class Rows>
    friend auto operator|(Rows&& rows, long_prompts chosen) {
        return std::forward<Rows>(rows) | views::filter([chosen](const aha::data_row& row) {
                   return row.fields.at("prompt").template get_ref<const std::string&>().size() >= chosen.least;
               });
    }
};

/// Another, made of a function.
constexpr auto every_other = views::view_closure{[]<class Rows>(Rows&& rows) {
    return std::forward<Rows>(rows) | views::filter([](const aha::data_row& row) { return row.index % 2 == 0; });
}};

TEST_F(jsonl_rows_test, gives_rows_with_their_places) {
    const auto path = pairs(3);
    std::vector<std::string> all;
    for (const aha::data_row& row : aha::jsonl_rows{path})
        all.push_back(std::to_string(row.index) + " " + row.where.substr(path.string().size()) + " " +
                      row.fields["prompt"].get<std::string>());
    EXPECT_THAT(all, ElementsAre("0 :1 p0", "1 :2 p1", "2 :4 p2"));
    EXPECT_THAT(aha::jsonl_rows{file("\n \n")} | ranges::to<std::vector>(), IsEmpty());
    EXPECT_THAT(aha::jsonl_rows{} | ranges::to<std::vector>(), IsEmpty());
}

TEST_F(jsonl_rows_test, is_filtered_parsed_and_chunked) {
    const auto wanted = [](const aha::data_row& row) { return row.fields["prompt"] != "p1"; };
    auto chunks = aha::jsonl_rows{pairs(6)} | views::filter(wanted) | views::transform(aha::as_pair) | views::chunk(2);
    std::vector<std::string> all;
    for (auto&& chunk : chunks) {
        std::string text;
        for (const aha::text_pair& pair : chunk)
            text += std::to_string(pair.index) + std::get<std::string>(pair.completion);
        all.push_back(text);
    }
    EXPECT_THAT(all, ElementsAre("0c02c2", "3c34c4", "5c5"));
}

TEST_F(jsonl_rows_test, goes_through_views_of_ones_own) {
    const auto path = file("{\"prompt\":\"a\"}\n{\"prompt\":\"bbb\"}\n{\"prompt\":\"cc\"}\n{\"prompt\":\"dd\"}\n");
    const auto text = [](const aha::data_row& row) { return row.fields["prompt"].get<std::string>(); };
    EXPECT_THAT(aha::jsonl_rows{path} | long_prompts{2} | views::transform(text) | ranges::to<std::vector>(),
                ElementsAre("bbb", "cc", "dd"));
    EXPECT_THAT(aha::jsonl_rows{path} | every_other | views::transform(text) | ranges::to<std::vector>(),
                ElementsAre("a", "cc"));
}

TEST_F(jsonl_rows_test, goes_through_the_standards_views) {
    std::vector<std::int64_t> all;
    for (const std::int64_t index : aha::jsonl_rows{pairs(5)} | std::views::transform([](const aha::data_row& row) {
                                        return row.index;
                                    }) | std::views::drop(1))
        all.push_back(index);
    EXPECT_THAT(all, ElementsAre(1, 2, 3, 4));
}

TEST_F(jsonl_rows_test, reads_no_further_than_it_is_asked) {
    const auto path = file("{\"n\":1}\n{\"n\":2}\nno row\n");
    const auto number = [](const aha::data_row& row) { return row.fields["n"].get<int>(); };
    aha::jsonl_rows rows{path};
    EXPECT_THAT(rows | views::take(1) | views::transform(number) | ranges::to<std::vector>(), ElementsAre(1));
    const auto all = [&] { return aha::jsonl_rows{path} | views::transform(number) | ranges::to<std::vector>(); };
    EXPECT_THAT(all, ThrowsMessage<aha::error>(HasSubstr(path.string() + ":3: not valid JSON")));
}

TEST_F(jsonl_rows_test, a_row_of_another_shape_says_where_it_is) {
    const auto path = file("{\"prompt\":\"a\",\"completion\":\"b\"}\n\n{\"prompt\":\"a\"}\n");
    const auto all = [&] { return aha::jsonl_rows{path} | views::transform(aha::as_pair) | ranges::to<std::vector>(); };
    EXPECT_THAT(all, ThrowsMessage<aha::error>(HasSubstr(path.string() + ":3: taken for a pair")));
    EXPECT_THAT([&] { aha::jsonl_rows{folder_ / "none"}; }, ThrowsMessage<aha::error>(HasSubstr("cannot open")));
    EXPECT_THAT(([&] { aha::jsonl_rows{path, {.max_depth = 0}}; }), ThrowsMessage<aha::error>(HasSubstr("not 0")));
}

TEST_F(jsonl_rows_test, goes_through_the_shards_of_a_folder) {
    pairs(2);
    std::ofstream{folder_ / "shard.json.gz", std::ios::binary} << aha::test::gzip("[{\"prompt\":\"z\"}]");
    std::vector<std::string> all;
    for (const aha::data_row& row : aha::jsonl_rows{folder_})
        all.push_back(std::to_string(row.index) + row.where.substr(folder_.path().string().size()));
    EXPECT_THAT(all, ElementsAre("0/rows.jsonl:1", "1/rows.jsonl:2", "2/shard.json.gz:1"));
}

TEST_F(jsonl_rows_test, copies_share_their_place) {
    aha::jsonl_rows rows{pairs(3)}, copy = rows;
    auto at = rows.begin();
    EXPECT_EQ(at->index, 0);
    ++at;
    EXPECT_EQ(copy.begin()->index, 1);
}

}  // namespace
