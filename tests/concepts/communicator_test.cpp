#include <aha/concepts/communicator.hpp>

#include <array>
#include <gtest/gtest.h>

#include <aha/dist/one_process.hpp>
#include <aha/dist/process_group.hpp>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class C>
constexpr std::array clauses{communicator_has_rank_and_size<C>, communicator_all_reduces<C>, communicator_broadcasts<C>,
                             communicator_all_gathers<C>};

struct sound {
    int rank() const;
    int size() const;
    void all_reduce(const at::Tensor&) const;
    void broadcast(const at::Tensor&, int) const;
    std::vector<std::string> all_gather(const std::string&) const;
};
struct without_a_size : sound {
    void size() const;
};
struct summing_for_change : sound {
    void all_reduce(at::Tensor&) const;
};
struct broadcasting_from_nobody : sound {
    void broadcast(const at::Tensor&) const;
};
struct gathering_one : sound {
    std::string all_gather(const std::string&) const;
};
struct alone : sound {
    alone(const alone&) = delete;
};

TEST(communicator_concept, the_least_type_satisfies_it) {
    static_assert(require_communicator<test::least_communicator>() && communicator<test::least_communicator>);
    static_assert(communicator<sound> && communicator<one_process> && communicator<process_group>);
    EXPECT_EQ(test::least_communicator{}.all_gather("x"), std::vector<std::string>{"x"});
}

TEST(communicator_concept, each_defect_breaks_its_clause_alone) {
    static_assert(!communicator<without_a_size> && clauses<without_a_size> == std::array{false, true, true, true});
    static_assert(clauses<summing_for_change> == std::array{true, false, true, true});
    static_assert(clauses<broadcasting_from_nobody> == std::array{true, true, false, true});
    static_assert(!communicator<gathering_one> && clauses<gathering_one> == std::array{true, true, true, false});
    static_assert(!communicator<alone> && clauses<alone> == std::array{true, true, true, true});
}

TEST(one_process, leaves_everything_as_it_is) {
    const one_process ranks;
    const at::Tensor t = at::ones({3});
    ranks.all_reduce(t);
    ranks.broadcast(t, 0);
    EXPECT_EQ(t.sum().item<float>(), 3);
    EXPECT_EQ(ranks.size(), 1);
    EXPECT_EQ(ranks.all_gather("abc"), std::vector<std::string>{"abc"});
    EXPECT_EQ(process_group{}.all_gather("abc"), std::vector<std::string>{"abc"});
    EXPECT_EQ(process_group{}.size(), 1);
}

}  // namespace
