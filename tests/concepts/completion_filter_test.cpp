#include <aha/concepts/completion_filter.hpp>

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include <aha/core/records.hpp>

namespace {

using namespace aha;

template <class F>
constexpr std::array clauses{filter_is_callable<F>, filter_gives_bool<F>, filter_has_name<F>};

template <class Result, class Name>
struct giving {
    Result operator()(const prompt&, const completion&) const;
    Name name() const;
};
struct without_a_name {
    bool operator()(const prompt&, const completion&) const;
};
struct with_a_name_unless_const : without_a_name {
    std::string name();
};
struct callable_unless_const {
    bool operator()(const prompt&, const completion&);
    std::string name() const;
};

TEST(completion_filter_concept, gives_a_bool_and_has_a_name) {
    static_assert(require_completion_filter<giving<bool, std::string>>());
    static_assert(completion_filter<giving<bool, std::string_view>>);
    static_assert(completion_filter<giving<bool, const std::string&>> && completion_filter<giving<bool, const char*>>);
}

TEST(completion_filter_concept, each_defect_breaks_its_clause) {
    static_assert(clauses<giving<double, std::string>> == std::array{true, false, true});
    static_assert(clauses<giving<bool, int>> == std::array{true, true, false});
    static_assert(clauses<without_a_name> == std::array{true, true, false});
    static_assert(clauses<with_a_name_unless_const> == std::array{true, true, false});
    static_assert(clauses<callable_unless_const> == std::array{false, false, true});
    static_assert(!completion_filter<without_a_name> && !completion_filter<callable_unless_const>);
    static_assert(!completion_filter<giving<double, std::string>>);
}

}  // namespace
