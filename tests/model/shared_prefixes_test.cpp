// Whatever texts are added in whatever order: each token's row holds that token at its position, a path through the
// trees is the text, and what texts share stands once.
#include <aha/model/shared_prefixes.hpp>

#include <algorithm>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace {

using aha::shared_prefixes;
using aha::token_id;
using testing::ElementsAre;
using testing::IsEmpty;
using tokens = std::vector<token_id>;

tokens counted(token_id from, token_id to) {
    tokens all;
    for (token_id id = from; id < to; ++id) all.push_back(id);
    return all;
}
tokens operator+(tokens a, const tokens& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// The tokens that row `row` sees, itself included, as the trees have it.
tokens seen_from(const shared_prefixes::layout& all, std::int64_t row) {
    tokens path;
    const auto add = [&](const aha::segment& s, std::int64_t end) {
        for (std::int64_t t = s.begin; t < end; ++t) path.push_back(all.ids[static_cast<std::size_t>(t)]);
    };
    for (const aha::token_tree& tree : all.trees) {
        if (tree.trunk.begin <= row && row < tree.trunk.end()) add(tree.trunk, row + 1);
        for (std::size_t n = 0; n < tree.branches.size(); ++n) {
            const aha::segment& own = tree.branches[n];
            if (row < own.begin || row >= own.end()) continue;
            for (const aha::segment& s : tree.path_to(n)) add(s, s.end());
            add(own, row + 1);
            EXPECT_EQ(tree.tokens_before(n) + row - own.begin, all.positions[static_cast<std::size_t>(row)]);
        }
    }
    return path;
}

TEST(shared_prefixes, are_cut_where_texts_part) {
    const tokens system = counted(0, 10), first = system + counted(20, 30), second = system + counted(40, 50);
    shared_prefixes texts;
    const auto a = texts.add(first + tokens{1, 2}), b = texts.add(second + tokens{3}),
               c = texts.add(second + tokens{4});
    const shared_prefixes::layout row = texts.lay_out();
    ASSERT_EQ(row.trees.size(), 1U);
    EXPECT_EQ(row.trees[0].trunk, (aha::segment{0, 10}));
    EXPECT_THAT(row.trees[0].branches,
                ElementsAre(aha::segment{10, 12}, aha::segment{22, 10}, aha::segment{32, 1}, aha::segment{33, 1}));
    EXPECT_THAT(row.trees[0].parents, ElementsAre(-1, -1, 1, 1));
    EXPECT_THAT(texts.rows(a, 19), ElementsAre(19, 20, 21));
    EXPECT_THAT(texts.rows(b, 18), ElementsAre(30, 31, 32));
    EXPECT_THAT(texts.rows(c, 18), ElementsAre(30, 31, 33));
}

TEST(shared_prefixes, of_fewer_tokens_than_are_worth_it_stay) {
    const std::size_t few = shared_prefixes::worth_sharing - 1;
    shared_prefixes texts;
    texts.add(counted(0, token_id(few)) + tokens{50});
    texts.add(counted(0, token_id(few)) + tokens{60});
    EXPECT_EQ(texts.lay_out().trees.size(), 2U);
    shared_prefixes enough;
    enough.add(counted(0, token_id(few) + 1) + tokens{50});
    enough.add(counted(0, token_id(few) + 1) + tokens{60});
    EXPECT_EQ(enough.lay_out().trees.size(), 1U);
}

TEST(shared_prefixes, texts_go_on_from_their_end_however_short) {
    shared_prefixes texts;
    const auto prompt = texts.add(tokens{1, 2});
    const auto a = texts.add(tokens{3, 4}, prompt), b = texts.add(tokens{3, 5}, prompt),
               none = texts.add(tokens{}, prompt);
    const shared_prefixes::layout row = texts.lay_out();
    EXPECT_THAT(row.ids, ElementsAre(1, 2, 3, 4, 3, 5));
    EXPECT_THAT(texts.rows(a, 1), ElementsAre(1, 2, 3));
    EXPECT_THAT(texts.rows(b, 1), ElementsAre(1, 4, 5));
    EXPECT_THAT(texts.rows(none, 1), ElementsAre(1));
    EXPECT_THAT(row.trees.at(0).parents, IsEmpty());
}

TEST(shared_prefixes, every_row_sees_its_own_text) {
    std::mt19937 random{7};
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    for (int round = 0; round < 200; ++round) {
        shared_prefixes texts;
        std::vector<tokens> whole;
        std::vector<shared_prefixes::place> places;
        for (int n = 1 + below(30); n > 0; --n) {
            // A text is the beginning of an earlier one and something of its own, or goes on from the end of one.
            tokens text;
            if (!whole.empty() && below(4) > 0) {
                const tokens& other = whole[static_cast<std::size_t>(below(int(whole.size())))];
                text.assign(other.begin(), other.begin() + below(int(other.size()) + 1));
            }
            for (int more = below(20); more > 0; --more) text.push_back(below(3));
            if (!whole.empty() && below(3) == 0) {
                const auto before = static_cast<std::size_t>(below(int(whole.size())));
                places.push_back(texts.add(text, places[before]));
                whole.push_back(whole[before] + text);
            } else {
                places.push_back(texts.add(text));
                whole.push_back(text);
            }
        }
        const shared_prefixes::layout all = texts.lay_out();
        for (const aha::token_tree& tree : all.trees) tree.validate();
        std::size_t given = 0;
        for (std::size_t n = 0; n < whole.size(); ++n) {
            given += whole[n].size();
            const std::vector<std::int64_t> rows = texts.rows(places[n], 0);
            ASSERT_EQ(rows.size(), whole[n].size());
            if (rows.empty()) continue;
            for (std::size_t i = 0; i < rows.size(); ++i)
                EXPECT_EQ(all.positions[static_cast<std::size_t>(rows[i])], static_cast<std::int64_t>(i));
            EXPECT_EQ(seen_from(all, rows.back()), whole[n]);
        }
        EXPECT_LE(all.ids.size(), given);
        EXPECT_EQ(all.positions.size(), all.ids.size());
    }
}

}  // namespace
