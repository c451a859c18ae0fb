#include <aha/concepts/decoding_model.hpp>

#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class T>
constexpr std::array clauses{language_model<T>, model_has_session<T>, model_has_context<T>, model_opens_session<T>,
                             decoding_session<typename aha::detail::session_of<T>::type>};
template <class S>
constexpr std::array session_clauses{session_has_rows<S>, session_has_hidden<S>, session_advances<S>, session_keeps<S>};

using prompts_of_ids = std::span<const std::vector<token_id>>;

struct sound_session {
    std::int64_t rows() const;
    const at::Tensor& hidden() const;
    void advance(std::span<const token_id>);
    void keep(std::span<const std::int64_t>);
};

/// Taking further prompts is an extra that no session must have.
struct admitting_session : sound_session {
    void admit(prompts_of_ids, std::int64_t);
};
static_assert(decoding_session<sound_session> && !session_admits<sound_session>);
static_assert(decoding_session<admitting_session> && session_admits<admitting_session>);

/// A decoding model with that session.
template <class Session>
struct model_of_session : test::least_model {
    using session = Session;
    std::int64_t context() const;
    session open_session(prompts_of_ids, std::int64_t) const;
};
using sound = model_of_session<sound_session>;

struct without_context : test::least_model {
    using session = sound_session;
    session open_session(prompts_of_ids, std::int64_t) const;
};
struct without_open_session : test::least_model {
    using session = sound_session;
    std::int64_t context() const;
};
struct opening_without_copies : test::least_model {
    using session = sound_session;
    std::int64_t context() const;
    session open_session(prompts_of_ids) const;
};
struct opening_something_else : test::least_model {
    using session = sound_session;
    std::int64_t context() const;
    int open_session(prompts_of_ids, std::int64_t) const;
};
struct opening_unless_const : test::least_model {
    using session = sound_session;
    std::int64_t context() const;
    session open_session(prompts_of_ids, std::int64_t);
};
struct not_a_language_model {
    using session = sound_session;
    std::int64_t context() const;
    session open_session(prompts_of_ids, std::int64_t) const;
};

struct with_real_rows : sound_session {
    double rows() const;
};
struct with_hidden_as_a_vector : sound_session {
    std::vector<float> hidden() const;
};
struct advancing_one : sound_session {
    void advance(token_id);
};
struct keeping_a_mask : sound_session {
    void keep(const std::vector<bool>&);
};

TEST(decoding_model_concept, the_least_type_satisfies_it) {
    static_assert(require_decoding_model<test::least_decoding_model>() && decoding_model<test::least_decoding_model>);
    static_assert(decoding_model<sound>);
    const test::least_decoding_model model{test::made};
    const std::vector<std::vector<token_id>> prompts{{1}, {2}};
    auto session = model.open_session(prompts, 3);
    EXPECT_EQ(session.rows(), 6);
    session.keep(std::vector<std::int64_t>{0, 4});
    session.advance(std::vector<token_id>{1, 1});
    EXPECT_EQ(session.hidden().sizes(), (std::vector<std::int64_t>{2, 2}));
}

TEST(decoding_model_concept, a_language_model_need_not_be_one) {
    static_assert(language_model<test::least_model> && !decoding_model<test::least_model>);
    static_assert(clauses<test::least_model> == std::array{true, false, false, false, true});
}

TEST(decoding_model_concept, each_defect_of_a_model_breaks_its_clause_alone) {
    static_assert(!decoding_model<without_context>);
    static_assert(clauses<without_context> == std::array{true, true, false, true, true});
    static_assert(!decoding_model<without_open_session>);
    static_assert(clauses<without_open_session> == std::array{true, true, true, false, true});
    static_assert(!decoding_model<opening_without_copies>);
    static_assert(clauses<opening_without_copies> == std::array{true, true, true, false, true});
    static_assert(!decoding_model<opening_something_else>);
    static_assert(clauses<opening_something_else> == std::array{true, true, true, false, true});
    static_assert(!decoding_model<opening_unless_const>);
    static_assert(clauses<opening_unless_const> == std::array{true, true, true, false, true});
    static_assert(!decoding_model<not_a_language_model>);
    static_assert(clauses<not_a_language_model> == std::array{false, true, true, true, true});
}

TEST(decoding_model_concept, each_defect_of_a_session_breaks_its_clause_alone) {
    static_assert(!decoding_model<model_of_session<with_real_rows>>);
    static_assert(session_clauses<with_real_rows> == std::array{false, true, true, true});
    static_assert(!decoding_model<model_of_session<with_hidden_as_a_vector>>);
    static_assert(session_clauses<with_hidden_as_a_vector> == std::array{true, false, true, true});
    static_assert(!decoding_model<model_of_session<advancing_one>>);
    static_assert(session_clauses<advancing_one> == std::array{true, true, false, true});
    static_assert(!decoding_model<model_of_session<keeping_a_mask>>);
    static_assert(session_clauses<keeping_a_mask> == std::array{true, true, true, false});
    static_assert(clauses<model_of_session<keeping_a_mask>> == std::array{true, true, true, true, false});
}

}  // namespace
