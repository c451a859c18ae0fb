#include <aha/concepts/judge.hpp>

#include <array>
#include <cstdint>
#include <gtest/gtest.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aha/core/message.hpp>

namespace {

using namespace aha;

template <class J>
constexpr std::array clauses{judge_is_callable<J>, judge_gives_text<J>};

template <class Result>
struct giving {
    Result operator()(std::span<const message>) const;
};

/// It can be called and moved, and no more.
struct least_judge {
    explicit least_judge(int) {}
    least_judge(least_judge&&) = default;
    least_judge(const least_judge&) = delete;
    least_judge& operator=(least_judge&&) = delete;
    least_judge& operator=(const least_judge&) = delete;
    ~least_judge() = default;
    std::string operator()(std::span<const message>) const { return {}; }
};

struct callable_unless_const {
    std::string operator()(std::span<const message>);
};
struct wanting_to_change_the_messages {
    std::string operator()(std::span<message>) const;
};
struct taking_a_vector {
    std::string operator()(const std::vector<message>&) const;
};
struct reading_text {
    std::string operator()(const std::string&) const;
};
struct wanting_a_vote {
    std::string operator()(std::span<const message>, std::uint64_t) const;
};
struct taking_a_vote {
    std::string operator()(std::span<const message>, std::uint64_t = 0) const;
};

TEST(judge_concept, the_least_type_and_lambdas_satisfy_it) {
    static_assert(require_judge<least_judge>() && judge<least_judge> && !judge_has_votes<least_judge>);
    const auto lambda = [](std::span<const message> messages) { return messages.back().content; };
    static_assert(require_judge<decltype(lambda)>() && judge<decltype(lambda)>);
    static_assert(judge<std::string (*)(std::span<const message>)> && judge<giving<const std::string&>>);
    const auto counting = [n = 0](std::span<const message>) mutable { return std::to_string(++n); };
    static_assert(clauses<decltype(counting)> == std::array{false, false});
}

TEST(judge_concept, each_defect_breaks_its_clause) {
    static_assert(clauses<giving<const char*>> == std::array{true, false});
    static_assert(clauses<giving<std::string_view>> == std::array{true, false});
    static_assert(clauses<giving<double>> == std::array{true, false});
    static_assert(clauses<giving<void>> == std::array{true, false});
    static_assert(clauses<callable_unless_const> == std::array{false, false});
    static_assert(clauses<wanting_to_change_the_messages> == std::array{false, false});
    static_assert(clauses<taking_a_vector> == std::array{false, false});
    static_assert(clauses<reading_text> == std::array{false, false});
    static_assert(clauses<wanting_a_vote> == std::array{false, false});
    static_assert(!judge<giving<double>> && !judge<wanting_a_vote> && !judge<int>);
}

TEST(judge_concept, tells_votes_apart_if_it_can) {
    static_assert(require_judge<taking_a_vote>() && judge<taking_a_vote> && judge_has_votes<taking_a_vote>);
    static_assert(judge_has_votes<wanting_a_vote>);
}

}  // namespace
