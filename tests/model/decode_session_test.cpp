#include <aha/model/decode_session.hpp>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <cstdint>
#include <span>
#include <vector>

#include <aha/model/decoder.hpp>
#include <aha/testing/tolerance.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::small_model;
using aha::testing::tolerance;
using tokens = std::vector<aha::token_id>;

/// The hidden state that predicts what follows a text, computed from its first token on.
at::Tensor state_after(const aha::decoder<>& model, const tokens& text) {
    const at::NoGradGuard no_gradients;
    const aha::text_group one{text};
    const aha::packed_texts packed = aha::pack_texts({&one, 1});
    return model.hidden(packed.batch).index_select(0, packed.last)[0];
}

tokens joined(tokens text, const tokens& more) {
    text.insert(text.end(), more.begin(), more.end());
    return text;
}

void expect_states(const aha::decoder<>& model, const at::Tensor& states, const std::vector<tokens>& texts) {
    ASSERT_EQ(states.size(0), std::ssize(texts));
    for (std::size_t n = 0; n < texts.size(); ++n)
        EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(states[static_cast<std::int64_t>(n)], state_after(model, texts[n]))),
                  "")
            << "completion " << n;
}

const std::vector<tokens> prompts{{3, 14, 15, 9, 2, 6, 5, 30, 8, 9, 7}, {3, 14, 15, 9, 2, 6, 5, 30, 8, 1, 1, 4}};

TEST(decode_session, goes_on_after_texts_of_any_length) {
    const aha::decoder<> model = small_model();
    auto session = model.open_session(prompts, 2);
    session.advance(tokens{1, 2, 3, 4});
    session.append(std::vector<std::int64_t>{1, 2}, std::vector<tokens>{{9, 8, 7, 6, 5}, {12}});
    std::vector<tokens> texts{joined(prompts[0], {1}), joined(prompts[0], {2, 9, 8, 7, 6, 5}),
                              joined(prompts[1], {3, 12}), joined(prompts[1], {4})};
    expect_states(model, session.hidden(), texts);
    session.advance(tokens{20, 21, 22, 23});
    session.keep(std::vector<std::int64_t>{1, 3});
    session.append(std::vector<std::int64_t>{0, 1}, std::vector<tokens>{{5}, tokens(40, 6)});
    texts = {joined(texts[1], {21, 5}), joined(texts[3], joined({23}, tokens(40, 6)))};
    expect_states(model, session.hidden(), texts);
}

TEST(decode_session, forks_at_any_token) {
    const aha::decoder<> model = small_model();
    auto session = model.open_session(prompts, 1);
    session.append(std::vector<std::int64_t>{1}, std::vector<tokens>{{9, 8, 7, 6, 5}});
    std::vector<tokens> texts{prompts[0], joined(prompts[1], {9, 8, 7, 6, 5})};
    session.fork(1, 5);
    session.fork(1, 2);
    session.fork(0, 0);
    session.fork(1, 0);
    EXPECT_EQ(session.num_tokens(3), 2);
    texts.insert(texts.end(), {texts[1], joined(prompts[1], {9, 8}), prompts[0], prompts[1]});
    expect_states(model, session.hidden(), texts);
    session.advance(tokens{1, 2, 3, 4, 5, 6});  // each goes its own way
    for (std::size_t n = 0; n < texts.size(); ++n) texts[n].push_back(static_cast<aha::token_id>(n + 1));
    expect_states(model, session.hidden(), texts);
    session.keep(std::vector<std::int64_t>{2, 3});  // of a prompt whose first completion is gone
    session.fork(1, 3);
    expect_states(model, session.hidden(), {texts[2], texts[3], texts[3]});
}

TEST(decode_session, says_what_it_cannot_do) {
    const aha::decoder<> model = small_model();
    auto session = model.open_session(prompts, 1);
    session.advance(tokens{1, 2});
    const auto said = [&](auto what) { return aha::test::complaint(what); };
    EXPECT_EQ(said([&] { session.fork(2, 0); }), "a decoding session has 2 completions, no number 2");
    EXPECT_EQ(said([&] { session.fork(0, 2); }), "completion 0 has 1 tokens, so another cannot begin with 2 of them");
    EXPECT_EQ(said([&] { session.append(std::vector<std::int64_t>{0}, std::vector<tokens>{{}}); }),
              "a text without tokens cannot be appended to a completion");
    EXPECT_EQ(said([&] { session.append(std::vector<std::int64_t>{0}, std::vector<tokens>{}); }),
              "a decoding session got 0 texts for 1 completions");
}

}  // namespace
