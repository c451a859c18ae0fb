#include <aha/reward/result_cache.hpp>

#include <cstdint>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

namespace {

struct counting {
    explicit counting(std::int64_t most_bytes) : kept{most_bytes} {}

    aha::detail::result_cache<int> kept;
    int made = 0;

    int get(const std::string& text, std::int64_t bytes = 10) {
        return kept.get(
            text, [&] { return ++made; }, [&](int) { return bytes; });
    }
};

TEST(result_cache, keeps_what_was_used_last) {
    counting cache{24};  // two of them: a byte of text, one for its end, ten
    EXPECT_EQ(cache.get("a"), 1);
    EXPECT_EQ(cache.get("b"), 2);
    EXPECT_EQ(cache.get("a"), 1);
    EXPECT_EQ(cache.get("c"), 3);  // b goes
    EXPECT_EQ(cache.get("a"), 1);
    EXPECT_EQ(cache.get("b"), 4);  // c goes
    EXPECT_EQ(cache.get("c"), 5);
    EXPECT_EQ(cache.get("d", 1000), 6);  // too large to be kept
    EXPECT_EQ(cache.get("d", 1000), 7);
    EXPECT_EQ(cache.get("b"), 4);
    EXPECT_EQ(cache.get("c"), 5);
}

TEST(result_cache, keeps_no_failure) {
    counting cache{100};
    const auto fail = [&]() -> int { throw std::runtime_error{std::to_string(++cache.made)}; };
    const auto bytes = [](int) { return std::int64_t{0}; };
    EXPECT_THROW(cache.kept.get("a", fail, bytes), std::runtime_error);
    EXPECT_THROW(cache.kept.get("a", fail, bytes), std::runtime_error);
    EXPECT_EQ(cache.get("a"), 3);
}

TEST(result_cache, keeps_results_without_bytes_too) {
    counting cache{10};
    EXPECT_EQ(cache.get("a", 0), 1);
    EXPECT_EQ(cache.get("a", 0), 1);
}

}  // namespace
