#include <aha/train/stream.hpp>

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iostream>
#include <limits>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include <aha/files/utf8.hpp>
#include <tests/support/byte_model.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::all_bytes_but;
using aha::test::byte_model;
using aha::test::complaint;
using testing::ElementsAre;

std::string joined(const std::vector<std::string>& pieces) {
    std::string text;
    for (const std::string& piece : pieces) text += piece;
    return text;
}

static_assert(std::ranges::input_range<aha::text_stream<decltype(byte_model())>>);

template <class Model>
std::vector<std::string> pieces_of(const Model& model, const std::string& text, const aha::sampling_options& options,
                                   std::uint64_t seed) {
    std::vector<std::string> pieces;
    for (const std::string_view piece : aha::stream(model, text, options, seed)) pieces.emplace_back(piece);
    return pieces;
}

TEST(stream, gives_the_text_of_generate_in_whole_characters) {
    const auto model = byte_model();
    // Bytes of two-, three- and four-byte characters among letters: many whole ones, many broken ones.
    const aha::sampling_options options{.max_new_tokens = 80,
                                        .suppress = all_bytes_but("ab\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
                                        .min_new_tokens = 20};
    std::size_t several = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const std::vector<std::string> pieces = pieces_of(model, "go", options, seed);
        EXPECT_EQ(joined(pieces), aha::generate(model, "go", options, seed)) << seed;
        for (const std::string& piece : pieces) {
            EXPECT_FALSE(piece.empty());
            EXPECT_EQ(aha::utf8::replace_invalid(piece), piece) << "a piece is cut inside a character";
        }
        several += pieces.size() > 5 ? 1 : 0;
    }
    EXPECT_GE(several, 15U);
}

TEST(stream, never_shows_a_stop_string_unless_told_to) {
    const auto model = byte_model();
    const std::vector<std::string> stops{"abba", "bab"};
    int stopped = 0, held = 0;
    for (const bool shown : {false, true})
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const aha::sampling_options options{.max_new_tokens = 30,
                                                .stop = stops,
                                                .include_stop_string = shown,
                                                .suppress = all_bytes_but("abc"),
                                                .min_new_tokens = 30};
            std::string so_far;
            for (const std::string_view piece : aha::stream(model, "go", options, seed)) {
                so_far += piece;
                held += piece.size() > 1 ? 1 : 0;
                for (const std::string& stop : stops)
                    EXPECT_TRUE(shown || so_far.find(stop) == std::string::npos) << so_far;
            }
            EXPECT_EQ(so_far, aha::generate(model, "go", options, seed));
            stopped += shown && (so_far.ends_with("abba") || so_far.ends_with("bab")) ? 1 : 0;
        }
    EXPECT_GE(stopped, 5);
    EXPECT_GE(held, 5);  // what began like a stop string came later, with what followed
}

TEST(stream, gives_a_piece_as_soon_as_its_token_is_drawn) {
    const auto model = byte_model();
    auto pieces =
        aha::stream(model, "go", {.max_new_tokens = 30, .suppress = all_bytes_but("abc"), .min_new_tokens = 30}, 1);
    auto at = pieces.begin();
    EXPECT_EQ(pieces.made().ids.size(), 1U);
    EXPECT_EQ((*at).size(), 1U);
    ++at;
    EXPECT_EQ(pieces.made().ids.size(), 2U);
    // Nothing is computed for those that nobody asks for.
}

TEST(stream, calls_a_function_which_may_end_it) {
    const auto model = byte_model();
    const aha::sampling_options options{.max_new_tokens = 30, .suppress = all_bytes_but("abc"), .min_new_tokens = 30};
    const std::string whole = aha::generate(model, "go", options, 1);
    std::string given;
    const aha::completion all = aha::stream(
        model, "go", options, [&](std::string_view piece) { given += piece; }, 1);
    EXPECT_EQ(given, whole);
    EXPECT_EQ(all.text, whole);
    const aha::completion cut = aha::stream(
        model, "go", options, [&, n = 0](std::string_view) mutable { return ++n < 3; }, 1);
    EXPECT_EQ(cut.text, whole.substr(0, 3));
    EXPECT_EQ(cut.ids.size(), 3U);
    EXPECT_EQ(cut.finish, aha::finish_reason::length);
}

TEST(stream, passes_on_what_the_function_throws) {
    const auto model = byte_model();
    EXPECT_EQ(
        complaint([&] { aha::stream(model, "go", {}, [](std::string_view) { aha::fail("the reader hung up"); }); }),
        "the reader hung up");
}

TEST(stream, renders_messages_and_complains_as_generate_does) {
    auto model = byte_model();
    model.chat = aha::chat_template{"{% for m in messages %}{{ m.content }}{% endfor %}"};
    const std::vector<aha::message> asked{{"user", "go"}};
    std::string text;
    for (const std::string_view piece : aha::stream(model, asked, {.max_new_tokens = 9})) text += piece;
    EXPECT_EQ(text, aha::generate(model, "go", {.max_new_tokens = 9}));
    EXPECT_EQ(complaint([&] { aha::stream(model, ""); }), "prompt 0 is empty");
    EXPECT_EQ(complaint([&] { aha::stream(model, "a", {.temperature = std::numeric_limits<double>::quiet_NaN()}); }),
              "temperature must be 0 (greedy) or from 1e-06 to 1e+06, not nan");
}

/// Draws tokens itself, as models on a device do.
struct ahead : aha::decoder<> {
    explicit ahead(aha::decoder<> from) : aha::decoder<>{std::move(from)} {}
    bool prefers_static_session() const { return true; }
};

TEST(stream, is_the_same_where_the_model_draws_tokens_ahead) {
    const auto plain = byte_model();
    const aha::pretrained<ahead, aha::byte_tokenizer> model{ahead{byte_model().model}, plain.tokenizer, std::nullopt};
    static_assert(aha::draws_tokens_itself<ahead>);
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        const aha::sampling_options options{
            .max_new_tokens = 30, .stop = {"abba", "bab"}, .suppress = all_bytes_but("abc"), .min_new_tokens = 30};
        const std::vector<std::string> pieces = pieces_of(model, "go", options, seed);
        EXPECT_EQ(joined(pieces), aha::generate(model, "go", options, seed));
        EXPECT_THAT(pieces, testing::ElementsAreArray(pieces_of(plain, "go", options, seed)));
    }
}

TEST(stream, as_the_documentation_shows_it) {
    const auto model = byte_model();
    testing::internal::CaptureStdout();
    //! [pieces]
    for (std::string_view piece : aha::stream(model, "Once upon a time", {.max_new_tokens = 64}))
        std::cout << piece << std::flush;
    //! [pieces]
    const std::string first = testing::internal::GetCapturedStdout();
    testing::internal::CaptureStdout();
    //! [callback]
    auto show = [left = 10](std::string_view piece) mutable {
        std::cout << piece << std::flush;
        return --left > 0;  // false ends it
    };
    aha::stream(model, "Once upon a time", {.max_new_tokens = 64}, show);
    //! [callback]
    const std::string second = testing::internal::GetCapturedStdout();
    EXPECT_EQ(first, aha::generate(model, "Once upon a time", {.max_new_tokens = 64}));
    EXPECT_TRUE(first.starts_with(second));
    EXPECT_FALSE(second.empty());
}

}  // namespace
