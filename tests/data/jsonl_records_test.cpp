#include <aha/data/jsonl_records.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <aha/concepts/stateful.hpp>
#include <aha/data/row_shapes.hpp>
#include <aha/data/jsonl_prompts.hpp>
#include <aha/data/jsonl_reader.hpp>

#include <tests/support/made_folder.hpp>
#include <tests/support/packed.hpp>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

static_assert(aha::stateful<aha::jsonl_records>);

class jsonl_records_test : public testing::Test {
protected:
    std::filesystem::path file(std::string_view content) const { return folder_.file("rows.jsonl", content); }
    std::filesystem::path numbers(int count) const {
        std::string content;
        for (int i = 0; i < count; ++i)
            content += "{\"prompt\":\"p" + std::to_string(i) + "\",\"n\":" + std::to_string(i) + "}\n";
        return file(content);
    }
    static std::vector<int> take(aha::jsonl_records& records, int count) {
        std::vector<int> all;
        for (int i = 0; i < count; ++i) all.push_back(records.next().value().fields["n"].get<int>());
        return all;
    }
    aha::test::made_folder folder_;
};

TEST_F(jsonl_records_test, gives_what_the_reader_gives) {
    const auto path = file("\xEF\xBB\xBF{\"n\":0,\"t\":\"\xC3\xA4\"}\r\n\n  \t\r\n {\"n\":1}\n{\"n\":{\"m\":[2]}}");
    aha::jsonl_reader reader{path};
    aha::jsonl_records records{path, {.shuffle = false, .epochs = 1}};
    ASSERT_EQ(records.size(), 3U);
    for (std::int64_t i = 0; i < 3; ++i) {
        const aha::jsonl_reader::row expected = reader.next().value();
        const aha::data_row row = records.next().value(), same = records.at(static_cast<std::size_t>(i));
        EXPECT_EQ(row.fields, expected.fields);
        EXPECT_EQ(row.where, reader.where(expected.line));
        EXPECT_EQ(row.index, i);
        EXPECT_EQ(same.fields, row.fields);
        EXPECT_EQ(same.where, row.where);
    }
    EXPECT_FALSE(records.next());
    EXPECT_THAT([&] { (void)records.at(3); }, ThrowsMessage<aha::error>(HasSubstr("has 3 rows, so none at 3")));
}

TEST_F(jsonl_records_test, shuffles_each_epoch_as_prompts_are_shuffled) {
    const auto path = numbers(20);
    aha::jsonl_records records{path, {.seed = 7}};
    aha::jsonl_prompts prompts{path, {.seed = 7}};
    std::vector<std::vector<int>> epochs(2);
    for (std::size_t epoch = 0; epoch < 2; ++epoch)
        for (int i = 0; i < 20; ++i) {
            const aha::data_row row = records.next().value();
            const aha::prompt p = prompts.next().value();
            EXPECT_EQ(row.fields, p.fields);
            EXPECT_EQ(row.index, p.index);
            epochs[epoch].push_back(row.fields["n"].get<int>());
        }
    EXPECT_NE(epochs[0], epochs[1]);
    EXPECT_EQ(std::set<int>(epochs[1].begin(), epochs[1].end()).size(), 20U);
}

TEST_F(jsonl_records_test, goes_on_from_any_saved_place) {
    const auto path = numbers(5);
    const aha::jsonl_records_options options{.seed = 3, .epochs = 2};
    for (int taken = 0; taken <= 10; ++taken) {
        aha::jsonl_records records{path, options}, resumed{path, options};
        take(records, taken);
        resumed.load(records.save());
        EXPECT_EQ(take(records, 10 - taken), take(resumed, 10 - taken));
        EXPECT_FALSE(records.next() || resumed.next());
    }
}

TEST_F(jsonl_records_test, refuses_a_place_that_is_not_its_own) {
    const aha::state saved = aha::jsonl_records{numbers(5)}.save();
    const auto refuses = [&](const std::filesystem::path& path, const aha::jsonl_records_options& options,
                             const std::string& sentence) {
        aha::jsonl_records records{path, options};
        EXPECT_THAT([&] { records.load(saved); }, ThrowsMessage<aha::error>(HasSubstr(sentence)));
    };
    aha::jsonl_records{numbers(5)}.load(saved);
    refuses(numbers(5), {.seed = 1}, "order of seed 0, not 1");
    refuses(numbers(5), {.shuffle = false}, "a shuffled order, not in file order");
    refuses(numbers(4), {}, "a data set of 5 rows, but");
    refuses(file("{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":5}\n"), {}, "as many rows, but not the same");
}

TEST_F(jsonl_records_test, a_place_is_one_in_the_rows_however_they_are_packed_and_cut) {
    const auto whole = numbers(5);
    aha::jsonl_records records{whole, {.seed = 3}};
    take(records, 2);
    const aha::state saved = records.save();
    const std::vector<int> rest = take(records, 8);
    const auto write = [&](const std::string& name, std::string_view content) {
        std::filesystem::create_directories((folder_ / name).parent_path());
        folder_.file(name, content);
    };
    const std::string text = aha::test::text_of(whole);
    const std::size_t cut = text.find('\n', text.size() / 2) + 1;
    write("rows.gz", aha::test::gzip(text));
    write("shards/0.jsonl", text.substr(0, cut));
    write("shards/1.jsonl", "\n \n");
    write("shards/2.jsonl.zst", aha::test::zstd("\n" + text.substr(cut)));
    for (const std::string name : {"rows.gz", "shards", "shards/*"}) {
        aha::jsonl_records other{folder_ / name, {.seed = 3}};
        EXPECT_EQ(other.size(), 5U);
        other.load(saved);
        EXPECT_EQ(take(other, 8), rest);
    }
    EXPECT_THAT(([&] {
                    aha::jsonl_records{folder_ / "rows.gz", {.limits = {.max_kept_bytes = 50}}};
                }),
                ThrowsMessage<aha::error>((folder_ / "rows.gz").string() +
                                          ":3: the text of the rows so far is more than the 50 bytes allowed in "
                                          "memory: unpack it"));
    const aha::jsonl_records shards{folder_ / "shards"};
    EXPECT_EQ(shards.at(0).where, (folder_ / "shards/0.jsonl:1").string());
    EXPECT_EQ(
        shards.at(4).where,
        (folder_ / "shards/2.jsonl.zst").string() + ":" +
            std::to_string(5 - std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(cut), '\n') + 1));
    EXPECT_EQ(shards.at(4).fields["n"], 4);
}

TEST_F(jsonl_records_test, reads_the_elements_of_a_list) {
    const aha::jsonl_records records{file("[\n{\"n\":\n1},{\"n\":2}\n]")};
    EXPECT_EQ(records.at(0).fields["n"], 1);
    EXPECT_EQ(records.at(1).fields["n"], 2);
    EXPECT_EQ(records.at(1).where, (folder_ / "rows.jsonl:3").string());
    EXPECT_NO_THROW((aha::jsonl_records{folder_ / "rows.jsonl", {.limits = {.max_kept_bytes = 1}}}));  // it is mapped
    EXPECT_THAT(([&] {
                    aha::jsonl_records{folder_ / "rows.jsonl", {.limits = {.max_line_bytes = 4}}};
                }),
                ThrowsMessage<aha::error>(HasSubstr(":2: the element is longer than the 4 bytes allowed")));
}

TEST_F(jsonl_records_test, a_move_keeps_the_place) {
    aha::jsonl_records first{numbers(5), {.shuffle = false}};
    take(first, 2);
    aha::jsonl_records second{std::move(first)};
    EXPECT_THAT(take(second, 3), ElementsAre(2, 3, 4));
}

TEST_F(jsonl_records_test, says_which_line_is_at_fault_and_when) {
    const auto path = file("{\"n\":1}\n\n{\"n\":}\n");
    const auto message = [&](std::string_view content) {
        try {
            aha::jsonl_records{file(content)};
        } catch (const aha::error& wrong) {
            return std::string{wrong.what()}.substr(path.string().size());
        }
        return std::string{"none"};
    };
    EXPECT_THAT(message("{\"n\":1}\n\n{\"n\":}\n"), testing::StartsWith(":3: not valid JSON"));
    EXPECT_EQ(message("{}\n[1]\n"), ":2: a JSON object is needed, not a list");
    EXPECT_EQ(message("{\"n\":1,\"n\":2}"), ":1: the key \"n\" is given twice");
    EXPECT_EQ(message("\n\n"), " holds no prompts");
    file("{\"n\":1}\n\n{\"n\":}\n");
    aha::jsonl_records later{path, {.shuffle = false, .check = false}};
    EXPECT_EQ(later.next()->fields["n"], 1);
    EXPECT_THAT([&] { later.next(); }, ThrowsMessage<aha::error>(HasSubstr(":3: not valid JSON")));
    EXPECT_THAT([&] { aha::jsonl_records{folder_ / "none"}; }, ThrowsMessage<aha::error>(HasSubstr("cannot open")));
    EXPECT_THAT(([&] { aha::jsonl_records{path, {.epochs = -1}}; }), ThrowsMessage<aha::error>(HasSubstr("not -1")));
}

TEST_F(jsonl_records_test, rows_are_parsed_where_they_are_used) {
    const auto path = file("{\"prompt\":\"a\",\"completion\":\"b\"}\n{\"prompt\":\"a\",\"completion\":3}\n");
    aha::jsonl_records records{path, {.shuffle = false}};
    EXPECT_EQ(aha::as_pair(*records.next()).completion, aha::text_or_turns{"b"});
    EXPECT_THAT([&] { aha::as_pair(*records.next()); },
                ThrowsMessage<aha::error>(HasSubstr(path.string() + ":2: taken for a pair")));
}

}  // namespace
