#include <aha/concepts/tensor_policy.hpp>

#include <array>
#include <gtest/gtest.h>

#include <aha/core/tensor_policy.hpp>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class T>
constexpr std::array clauses{policy_has_compute<T>,        policy_has_compute_type<T>,    policy_compute_agrees<T>,
                             policy_has_parameter_type<T>, policy_has_accumulate_type<T>, policy_has_device<T>,
                             policy_has_options<T>};

struct sound {
    using compute = float;
    static constexpr c10::ScalarType compute_type = c10::kFloat, parameter_type = c10::kFloat,
                                     accumulate_type = c10::kFloat;
    static c10::Device device();
    static c10::TensorOptions options();
};

struct without_compute {
    static constexpr c10::ScalarType compute_type = c10::kFloat, parameter_type = c10::kFloat,
                                     accumulate_type = c10::kFloat;
    static c10::Device device();
    static c10::TensorOptions options();
};
struct with_a_type_unknown_to_torch : sound {
    struct compute {};
};
struct disagreeing : sound {
    using compute = bfloat16;
};
struct with_a_variable : sound {
    static inline c10::ScalarType compute_type = c10::kFloat;
};
struct with_parameter_type_as_a_function : sound {
    static c10::ScalarType parameter_type() { return c10::kFloat; }
};
struct with_accumulate_type_of_int : sound {
    static constexpr int accumulate_type = 6;
};
struct with_device_per_object : sound {
    c10::Device device() const;
};
struct with_device_as_a_string : sound {
    static const char* device();
};
struct with_options_as_a_type : sound {
    static c10::ScalarType options();
};

TEST(tensor_policy_concept, our_policies_satisfy_it) {
    static_assert(require_tensor_policy<cpu<float>>() && tensor_policy<cpu<float>>);
    static_assert(require_tensor_policy<cpu<bfloat16>>() && tensor_policy<cpu<bfloat16>>);
    static_assert(require_tensor_policy<cuda<float>>() && tensor_policy<cuda<float>>);
    static_assert(require_tensor_policy<cuda<bfloat16>>() && tensor_policy<cuda<bfloat16>>);
    EXPECT_EQ(cpu<bfloat16>::options().dtype(), caffe2::TypeMeta::Make<float>());
}

TEST(tensor_policy_concept, the_least_type_satisfies_it) {
    static_assert(require_tensor_policy<test::least_tensor_policy>() && tensor_policy<test::least_tensor_policy>);
    static_assert(tensor_policy<sound>);
}

TEST(tensor_policy_concept, each_defect_breaks_its_clause_alone) {
    static_assert(!tensor_policy<without_compute>);
    static_assert(clauses<without_compute> == std::array{false, true, false, true, true, true, true});
    static_assert(!tensor_policy<with_a_type_unknown_to_torch>);
    static_assert(clauses<with_a_type_unknown_to_torch> == std::array{true, true, false, true, true, true, true});
    static_assert(!tensor_policy<disagreeing>);
    static_assert(clauses<disagreeing> == std::array{true, true, false, true, true, true, true});
    static_assert(!tensor_policy<with_a_variable>);
    static_assert(clauses<with_a_variable> == std::array{true, false, false, true, true, true, true});
    static_assert(!tensor_policy<with_parameter_type_as_a_function>);
    static_assert(clauses<with_parameter_type_as_a_function> == std::array{true, true, true, false, true, true, true});
    static_assert(!tensor_policy<with_accumulate_type_of_int>);
    static_assert(clauses<with_accumulate_type_of_int> == std::array{true, true, true, true, false, true, true});
    static_assert(!tensor_policy<with_device_per_object>);
    static_assert(clauses<with_device_per_object> == std::array{true, true, true, true, true, false, true});
    static_assert(!tensor_policy<with_device_as_a_string>);
    static_assert(clauses<with_device_as_a_string> == std::array{true, true, true, true, true, false, true});
    static_assert(!tensor_policy<with_options_as_a_type>);
    static_assert(clauses<with_options_as_a_type> == std::array{true, true, true, true, true, true, false});
    static_assert(!tensor_policy<int>);
}

}  // namespace
