#include <ATen/ATen.h>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/io/teacher_cache.hpp>
#include <aha/io/teacher_cache_writer.hpp>
#include <tests/io/support.hpp>

namespace {

using aha::test::complaint;
using testing::AllOf;
using testing::HasSubstr;

class teacher_cache : public aha::test::in_a_folder {
protected:
    std::vector<aha::supervised_example> examples{
        {0, {5, 6, 7, 8}, {0, 0, 1, 1}}, {1, {5, 6, 7, 8}, {0, 1, 1, 1}}, {2, {9, 1, 2}, {0, 0, 1}}};
    std::vector<aha::top_k_rows> answers;
    const aha::teacher_cache_options options{.k = 4, .temperature = 1.5, .vocabulary = 20};
    std::filesystem::path path = folder_ / "teacher";

    teacher_cache() {
        at::manual_seed(31);
        for (const std::int64_t n : {2, 3, 1})
            answers.push_back({at::randint(20, {n, 4}, at::kInt), -at::rand({n, 4}), -at::rand({n})});
        answers[1].tail[0].fill_(-HUGE_VAL);
    }

    void write() const {
        aha::teacher_cache_writer writer{path, options};
        for (std::size_t i = 0; i < examples.size(); ++i) writer.add(examples[i], answers[i]);
        writer.finish();
    }

    /// What opening the file with these bytes, and reading all of it, complains of.
    std::string complaint_about(const std::string& bytes) const {
        put("teacher", bytes);
        return complaint([&] {
            const aha::teacher_cache cache{path};
            for (std::size_t i = 0; i < examples.size(); ++i) cache.rows(i, examples[i]);
        });
    }
};

TEST_F(teacher_cache, gives_back_what_was_written_in_any_order) {
    write();
    const aha::teacher_cache cache{path};
    EXPECT_EQ(cache.options(), options);
    EXPECT_EQ(cache.size(), 3U);
    cache.check(examples, 20);
    for (const std::size_t i : {2U, 0U, 1U}) {
        const aha::top_k_rows rows = cache.rows(i, examples[i]);
        EXPECT_EQ(rows.ids.scalar_type(), at::kInt);
        EXPECT_TRUE(rows.ids.equal(answers[i].ids));
        EXPECT_TRUE(rows.log_probs.equal(answers[i].log_probs));
        EXPECT_TRUE(rows.tail.equal(answers[i].tail));
    }
    EXPECT_EQ(names(), std::set<std::string>{"teacher"});
}

TEST_F(teacher_cache, other_types_and_layouts_are_written_as_the_same_numbers) {
    aha::teacher_cache_writer writer{path, options};
    writer.add(examples[0], {answers[0].ids.to(at::kLong).t().contiguous().t(), answers[0].log_probs.to(at::kDouble),
                             answers[0].tail});
    writer.finish();
    const aha::top_k_rows rows = aha::teacher_cache{path}.rows(0, examples[0]);
    EXPECT_TRUE(rows.ids.equal(answers[0].ids));
    EXPECT_TRUE(rows.log_probs.equal(answers[0].log_probs));
}

TEST_F(teacher_cache, a_writer_that_does_not_finish_leaves_the_old_file) {
    write();
    const std::string before = content("teacher");
    {
        aha::teacher_cache_writer writer{path, options};
        writer.add(examples[0], answers[0]);
    }
    EXPECT_EQ(content("teacher"), before);
    EXPECT_EQ(names(), std::set<std::string>{"teacher"});
}

TEST_F(teacher_cache, a_full_disk_is_named_and_leaves_nothing) {
    const aha::test::full_disk full{100};
    EXPECT_THAT(complaint([&] { write(); }), HasSubstr("cannot write"));
    EXPECT_TRUE(names().empty());
}

TEST_F(teacher_cache, every_cut_is_noticed) {
    write();
    const std::string whole = content("teacher");
    for (std::size_t size = 1; size < whole.size(); ++size)
        EXPECT_THAT(complaint_about(whole.substr(0, size)), HasSubstr("teacher")) << size;
    EXPECT_THAT(complaint_about(whole.substr(0, whole.size() - 1)), HasSubstr("is damaged: it is cut off"));
    EXPECT_THAT(complaint_about(whole.substr(0, 40)), HasSubstr("is damaged: it is cut off"));
    EXPECT_THAT(complaint_about(""), HasSubstr("is empty"));
}

TEST_F(teacher_cache, every_flipped_bit_is_noticed) {
    write();
    const std::string whole = content("teacher");
    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string other = whole;
        other[i] = static_cast<char>(other[i] ^ 4);
        EXPECT_NE(complaint_about(other), "no complaint") << "byte " << i;
    }
    std::string other = whole;
    other[8] ^= 1;
    EXPECT_THAT(complaint_about(other), HasSubstr("wrong checksum of example 0"));
}

TEST_F(teacher_cache, an_index_with_a_right_checksum_is_still_checked) {
    const auto file = [](const std::vector<aha::detail::teacher_cache_entry>& entries, const std::string& index,
                         std::uint64_t size) {
        const std::string table{reinterpret_cast<const char*>(entries.data()), entries.size() * 24};
        return "ahateach" + table + index + aha::detail::bytes_of_number(std::uint64_t{8}) +
               aha::detail::bytes_of_number(size) + aha::detail::bytes_of_number(aha::crc32c(table + index)) + "ahte";
    };
    const auto about = [&](const std::vector<aha::detail::teacher_cache_entry>& entries, const std::string& index) {
        return complaint_about(file(entries, index, index.size()));
    };
    const std::string right = R"({"k":4,"temperature":1.5,"vocabulary":20,"examples":1})";
    EXPECT_THAT(about({{8, 0, 0, 0}}, right), HasSubstr("other examples"));
    EXPECT_THAT(about({{8, 0, 1, 0}}, right), HasSubstr("reaches beyond the file"));
    EXPECT_THAT(about({{1000, 0, 1, 0}}, right), HasSubstr("reaches beyond the file"));
    EXPECT_THAT(about({{~std::uint64_t{0}, 0, 1, 0}}, right), HasSubstr("reaches beyond the file"));
    EXPECT_THAT(about({}, right), HasSubstr("not all there"));
    EXPECT_THAT(about({{8, 0, 0, 0}}, "{}"), HasSubstr("index is not what it should be"));
    EXPECT_THAT(about({{8, 0, 0, 0}}, "no"), HasSubstr("index is not what it should be"));
    EXPECT_THAT(about({{8, 0, 0, 0}}, R"({"k":21,"temperature":1.5,"vocabulary":20,"examples":1})"),
                HasSubstr("k must be in [1, 20]"));
    EXPECT_THAT(complaint_about(file({{8, 0, 0, 0}}, right, right.size() + 100)), HasSubstr("not where it should be"));
    EXPECT_THAT(complaint_about(file({{8, 0, 0, 0}}, right, right.size() - 1)), HasSubstr("not where it should be"));
}

TEST_F(teacher_cache, other_data_and_another_vocabulary_are_refused) {
    write();
    const aha::teacher_cache cache{path};
    EXPECT_THAT(complaint([&] { cache.check(examples, 21); }),
                HasSubstr("a teacher with 20 tokens, but the vocabulary has 21"));
    EXPECT_THAT(complaint([&] { cache.check(std::span{examples}.first(2), 20); }),
                HasSubstr("to 3 examples, but there are 2"));
    std::vector<aha::supervised_example> others = examples;
    std::swap(others[0], others[1]);  // the same tokens, but other ones are learned
    EXPECT_THAT(complaint([&] { cache.check(others, 20); }), HasSubstr("other examples: number 0"));
    others = examples;
    others[2].ids[0] = 3;
    EXPECT_THAT(complaint([&] { cache.check(others, 20); }), HasSubstr("other examples: number 2"));
    EXPECT_THAT(complaint([&] { cache.rows(2, others[2]); }), HasSubstr("other examples: number 2"));
    EXPECT_THAT(complaint([&] { cache.rows(3, others[2]); }), HasSubstr("none to number 3"));
    others = examples;
    others[0].index = 77;  // only for messages
    cache.check(others, 20);
}

TEST_F(teacher_cache, another_file_is_none) {
    EXPECT_THAT(complaint_about("ahastate and more of it than a trailer has"), HasSubstr("is no teacher cache"));
    EXPECT_THAT(complaint([&] { aha::teacher_cache{folder_ / "none"}; }), HasSubstr("cannot open"));
}

TEST_F(teacher_cache, the_writer_refuses_what_makes_no_sense) {
    EXPECT_THAT(complaint([&] { aha::teacher_cache_writer(path, {.k = 21, .vocabulary = 20}); }), HasSubstr("not 21"));
    EXPECT_THAT(complaint([&] { aha::teacher_cache_writer(path, {.temperature = 0, .vocabulary = 200}); }),
                HasSubstr("temperature must be positive, not 0"));
    EXPECT_THAT(complaint([&] { aha::teacher_cache_writer(path, {}); }), HasSubstr("vocabulary must be positive"));
    aha::teacher_cache_writer writer{path, options};
    EXPECT_THAT(complaint([&] { writer.add(examples[0], answers[1]); }),
                AllOf(HasSubstr("example 0 has 2 loss tokens"), HasSubstr("not [3, 4]")));
    aha::top_k_rows wrong = answers[0];
    wrong.ids = wrong.ids + 20;
    EXPECT_THAT(complaint([&] { writer.add(examples[0], wrong); }), HasSubstr("is none of the 20"));
}

TEST_F(teacher_cache, knows_which_rows_padded_the_teachers_head) {
    aha::teacher_cache_options padded = options;
    padded.padding = 12;
    aha::teacher_cache_writer{path, padded}.finish();
    EXPECT_EQ(aha::teacher_cache{path}.options(), padded);
    padded.padding = -1;
    EXPECT_THAT(complaint([&] { aha::teacher_cache_writer(path, padded); }),
                HasSubstr("padding must be 0 (none) or more, not -1"));
    // A file from before it was written.
    const std::string index = R"({"k":4,"temperature":1.5,"vocabulary":20,"examples":0})";
    put("teacher", "ahateach" + index + aha::detail::bytes_of_number(std::uint64_t{8}) +
                       aha::detail::bytes_of_number(std::uint64_t{index.size()}) +
                       aha::detail::bytes_of_number(aha::crc32c(index)) + "ahte");
    EXPECT_EQ(aha::teacher_cache{path}.options(), options);
}

}  // namespace
