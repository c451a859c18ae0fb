#include <aha/concepts/tokenizer.hpp>

#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class T>
constexpr std::array clauses{tokenizer_encodes<T>, tokenizer_decodes<T>, tokenizer_has_end_ids<T>,
                             tokenizer_has_vocabulary_size<T>};

struct sound {
    std::vector<token_id> encode(std::string_view) const;
    std::string decode(std::span<const token_id>) const;
    const std::vector<token_id>& end_ids() const;
    int vocabulary_size() const;
};

struct encoding_to_int : sound {
    std::vector<int> encode(std::string_view) const;
};
struct encoding_unless_const : sound {
    std::vector<token_id> encode(std::string_view);
};
struct decoding_one_id : sound {
    std::string decode(token_id) const;
};
struct decoding_to_a_view : sound {
    std::string_view decode(std::span<const token_id>) const;
};
struct with_one_end_id : sound {
    token_id end_ids() const;
};
struct with_end_ids_of_int : sound {
    std::vector<int> end_ids() const;
};
struct without_end_ids {
    std::vector<token_id> encode(std::string_view) const;
    std::string decode(std::span<const token_id>) const;
    int vocabulary_size() const;
};
struct with_a_real_size : sound {
    double vocabulary_size() const;
};

TEST(tokenizer_concept, the_least_type_satisfies_it) {
    static_assert(require_tokenizer<test::least_tokenizer>() && tokenizer<test::least_tokenizer>);
    static_assert(tokenizer<sound>);
    const test::least_tokenizer t{test::made};
    EXPECT_EQ(t.decode(t.encode("0123")), "012");
}

TEST(tokenizer_concept, each_defect_breaks_its_clause_alone) {
    static_assert(!tokenizer<encoding_to_int>);
    static_assert(clauses<encoding_to_int> == std::array{false, true, true, true});
    static_assert(!tokenizer<encoding_unless_const>);
    static_assert(clauses<encoding_unless_const> == std::array{false, true, true, true});
    static_assert(!tokenizer<decoding_one_id>);
    static_assert(clauses<decoding_one_id> == std::array{true, false, true, true});
    static_assert(!tokenizer<decoding_to_a_view>);
    static_assert(clauses<decoding_to_a_view> == std::array{true, false, true, true});
    static_assert(!tokenizer<with_one_end_id>);
    static_assert(clauses<with_one_end_id> == std::array{true, true, false, true});
    static_assert(!tokenizer<with_end_ids_of_int>);
    static_assert(clauses<with_end_ids_of_int> == std::array{true, true, false, true});
    static_assert(!tokenizer<without_end_ids>);
    static_assert(clauses<without_end_ids> == std::array{true, true, false, true});
    static_assert(!tokenizer<with_a_real_size>);
    static_assert(clauses<with_a_real_size> == std::array{true, true, true, false});
}

}  // namespace
