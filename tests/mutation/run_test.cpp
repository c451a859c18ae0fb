// What runs the damaged inputs finds what it is there to find.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <tests/support/made_folder.hpp>
#include <tests/mutation/run.hpp>

namespace {

using mutation::failure;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

/// Eight inputs, of which number 3 and number 5 do `wrong`.
mutation::outcome with(void (*wrong)()) {
    const mutation::kind of{"made_up",
                            [](mutation::chances& chance) {
                                return mutation::files{{"a", std::to_string(chance.next())}};
                            },
                            [wrong](const mutation::files& input, const mutation::fs::path&) {
                                const auto is = [&](std::uint64_t i) {
                                    return input.at("a") == std::to_string(mutation::chances_of(7, i).next());
                                };
                                if (is(3) || is(5)) wrong();
                                if (is(1)) throw aha::error{"refused"};
                            }};
    const aha::test::made_folder folder;
    mutation::run_options options;
    options.count = 8, options.seed = 7, options.first = 0, options.most_seconds = 0.2,
    options.failures_folder = folder;
    testing::internal::CaptureStderr();
    mutation::outcome done = mutation::run(of, options);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(said.find("--seed 7 --first 3 --count 1") != std::string::npos, !done.failures.empty()) << said;
    EXPECT_EQ(mutation::fs::exists(folder / "made_up-7-5" / "a"), !done.failures.empty());
    return done;
}

auto both(const char* what) {
    const auto one = [&](std::uint64_t index) {
        return AllOf(Field(&failure::index, index), Field(&failure::what, HasSubstr(what)));
    };
    return ElementsAre(one(3), one(5));
}

TEST(mutation_run, counts_what_is_taken_and_refused) {
    const mutation::outcome done = with([] {});
    EXPECT_TRUE(done.failures.empty());
    EXPECT_EQ(done.taken, 7U);
    EXPECT_EQ(done.refused, 1U);
}

TEST(mutation_run, finds_another_exception) {
    EXPECT_THAT(with([] { throw std::out_of_range{"vector"}; }).failures,
                both("another exception than aha::error: vector"));
    EXPECT_THAT(with([] { throw 1; }).failures, both("another exception"));
}

TEST(mutation_run, finds_an_error_without_a_sentence_and_one_too_long) {
    EXPECT_THAT(with([] { throw aha::error{""}; }).failures, both("without a sentence"));
    EXPECT_THAT(with([] { throw aha::error{std::string(5000, 'a')}; }).failures, both("of 5000 bytes"));
}

TEST(mutation_run, goes_on_after_an_input_that_ends_the_process) {
    EXPECT_THAT(with([] { std::_Exit(3); }).failures, both("ended with status 3"));
    EXPECT_THAT(with([] { ::raise(SIGKILL); }).failures, both("ended by signal 9"));
}

TEST(mutation_run, finds_what_takes_long_and_what_never_ends) {
    const auto busy = [](double seconds) {
        const double until = mutation::detail::seconds_of(CLOCK_PROCESS_CPUTIME_ID) + seconds;
        while (mutation::detail::seconds_of(CLOCK_PROCESS_CPUTIME_ID) < until) {
        }
    };
    static const auto* const spin = &busy;
    EXPECT_THAT(with([] { (*spin)(0.3); }).failures, both("s of the processor"));
    EXPECT_THAT(with([] { (*spin)(1e9); }).failures, both("still busy after"));
}

}  // namespace
