#include <aha/concepts/language_model.hpp>

#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class T>
constexpr std::array clauses{model_has_tensor_policy<T>, model_has_hidden<T>, model_has_head<T>, model_has_weights<T>,
                             model_refreshes<T>};

struct sound {
    using tensor_policy = test::least_tensor_policy;
    at::Tensor hidden(const packed_trees&) const;
    const lm_head& head() const;
    const parameters& weights() const;
    void refresh();
};

struct with_another_tensor_policy : sound {
    using tensor_policy = float;
};
struct without_tensor_policy {
    at::Tensor hidden(const packed_trees&) const;
    lm_head head() const;
    const parameters& weights() const;
    void refresh();
};
struct with_hidden_as_a_vector : sound {
    std::vector<float> hidden(const packed_trees&) const;
};
struct with_hidden_of_ids : sound {
    at::Tensor hidden(const at::Tensor&) const;
};
struct with_hidden_unless_const : sound {
    at::Tensor hidden(const packed_trees&);
};
struct with_head_as_a_tensor : sound {
    at::Tensor head() const;
};
struct with_weights_by_value : sound {
    parameters weights() const;
};
struct with_weights_as_a_list : sound {
    const std::vector<at::Tensor>& weights() const;
};
struct refreshing_with_an_argument : sound {
    void refresh(const parameters&);
};

TEST(language_model_concept, the_least_type_satisfies_it) {
    static_assert(require_language_model<test::least_model>() && language_model<test::least_model>);
    static_assert(language_model<sound>);
    const test::least_model model{test::made};
    const packed_trees two{at::tensor({0, 3}, at::kLong), at::tensor({0, 1}, at::kLong), {}};
    EXPECT_EQ(model.hidden(two).sizes(), (std::vector<std::int64_t>{2, 2}));
    EXPECT_TRUE(model.hidden(two).requires_grad());
}

TEST(language_model_concept, each_defect_breaks_its_clause_alone) {
    static_assert(!language_model<with_another_tensor_policy>);
    static_assert(clauses<with_another_tensor_policy> == std::array{false, true, true, true, true});
    static_assert(!language_model<without_tensor_policy>);
    static_assert(clauses<without_tensor_policy> == std::array{false, true, true, true, true});
    static_assert(!language_model<with_hidden_as_a_vector>);
    static_assert(clauses<with_hidden_as_a_vector> == std::array{true, false, true, true, true});
    static_assert(!language_model<with_hidden_of_ids>);
    static_assert(clauses<with_hidden_of_ids> == std::array{true, false, true, true, true});
    static_assert(!language_model<with_hidden_unless_const>);
    static_assert(clauses<with_hidden_unless_const> == std::array{true, false, true, true, true});
    static_assert(!language_model<with_head_as_a_tensor>);
    static_assert(clauses<with_head_as_a_tensor> == std::array{true, true, false, true, true});
    static_assert(!language_model<with_weights_by_value>);
    static_assert(clauses<with_weights_by_value> == std::array{true, true, true, false, true});
    static_assert(!language_model<with_weights_as_a_list>);
    static_assert(clauses<with_weights_as_a_list> == std::array{true, true, true, false, true});
    static_assert(!language_model<refreshing_with_an_argument>);
    static_assert(clauses<refreshing_with_an_argument> == std::array{true, true, true, true, false});
}

}  // namespace
