#include <array>
#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <aha/core/json.hpp>
#include <aha/rollout/environment/llama_calls.hpp>
#include <aha/rollout/environment/tool_environment.hpp>
#include <aha/testing/laws/environment_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <tests/laws/mutants.hpp>

namespace aha::testing {
namespace {

std::vector<tool> tools() {
    return {tool{"twice",
                 "The double of a number",
                 {{"x", "number", "the number"}},
                 [](const json& arguments) -> std::string { return json(2 * arguments["x"].get<double>()).dump(); }},
            tool{"fail", "", {}, [](const json&) -> std::string { throw error{"it is what it does"}; }}};
}

struct tools_case {
    static auto make() { return tool_environment{tools()}; }
    static std::vector<std::vector<std::string>> dialogues() {
        const std::string call = "<tool_call>\n{\"name\": \"twice\", \"arguments\": {\"x\": 3}}\n</tool_call>";
        return {{call, call + call, "It is 6."}, {"<tool_call>{\"name\": \"fail\"}</tool_call>", call, "6"}};
    }
};
struct llama_tools_case {
    static auto make() { return tool_environment{tools(), {}, llama_calls{}}; }
    static std::vector<std::vector<std::string>> dialogues() {
        return {{R"({"name": "twice", "parameters": {"x": 3}})", R"({"name": "twice"})", "It is 6."}};
    }
};

// Ones of which one is right and the others are broken: three guesses at how long a text is to be.

struct right {
    struct episode {
        std::size_t wanted;
        int turns = 0;
        environment_answer answer(const std::string& said) {
            return {.text = said.size() < wanted ? "longer" : "shorter",
                    .over = ++turns == 3 || said.size() == wanted,
                    .reward = said.size() == wanted ? 1.0 : 0.0};
        }
    };
    episode start(const prompt&, const random_stream& random) const { return {random.below(0, 12)}; }
};

struct right_case {
    static right make() { return {}; }
    static constexpr std::int64_t most_turns = 3;
};
template <class Environment>
struct broken_case {
    static Environment make() { return {}; }
    static constexpr std::int64_t most_turns = 3;
};

const std::array registered{register_laws("environment_laws/tools", environment_laws::all<tools_case>()),
                            register_laws("environment_laws/llama_tools", environment_laws::all<llama_tools_case>()),
                            register_laws("environment_laws/right", environment_laws::all<right_case>())};

struct counts_its_games {
    std::shared_ptr<std::atomic<int>> begun = std::make_shared<std::atomic<int>>(0);
    struct episode : right::episode {
        int number = 0;
        environment_answer answer(const std::string& said) {
            environment_answer given = right::episode::answer(said);
            given.text = "game " + std::to_string(number) + ": " + given.text;
            return given;
        }
    };
    episode start(const prompt& p, const random_stream& random) const { return {right{}.start(p, random), ++*begun}; }
};
struct has_one_board {
    std::shared_ptr<right::episode> board = std::make_shared<right::episode>();
    struct episode {
        std::shared_ptr<right::episode> board;
        environment_answer answer(const std::string& said) { return board->answer(said); }
    };
    episode start(const prompt& p, const random_stream& random) const {
        *board = right{}.start(p, random);
        return {board};
    }
};
template <class Change>
struct changed {
    struct episode : right::episode {
        environment_answer answer(const std::string& said) {
            environment_answer given = right::episode::answer(said);
            Change{}(said, given);
            return given;
        }
    };
    episode start(const prompt& p, const random_stream& random) const { return {right{}.start(p, random)}; }
};
struct throw_at_bytes {
    void operator()(const std::string& said, environment_answer& given) const {
        given.text = json(said).dump();  // throws unless the text is UTF-8
    }
};
struct divide_by_length {
    void operator()(const std::string& said, environment_answer& given) const {
        given.reward = 0.0 / static_cast<double>(said.size());
    }
};
struct wait_for_words {
    void operator()(const std::string& said, environment_answer& given) const {
        given.over = given.over && said.find_first_not_of(' ') != std::string::npos;
    }
};
struct knows_its_thread {
    struct episode : right::episode {
        std::thread::id home = std::this_thread::get_id();
        environment_answer answer(const std::string& said) {
            environment_answer given = right::episode::answer(said);
            if (std::this_thread::get_id() != home) given.text = "who are you?";
            return given;
        }
    };
    episode start(const prompt& p, const random_stream& random) const { return {right{}.start(p, random)}; }
};

TEST(environment_laws, each_is_needed) {
    const auto of = []<class Environment>(std::string meant, Environment) {
        return test::mutant_of(std::move(meant), environment_laws::all<broken_case<Environment>>());
    };
    test::expect_a_mutant_for_each_law(
        environment_laws::all<right_case>(),
        {of("equal_keys_give_equal_episodes", counts_its_games{}),
         of("episodes_do_not_disturb_one_another", has_one_board{}), of("answers_any_text", changed<throw_at_bytes>{}),
         of("gives_finite_rewards", changed<divide_by_length>{}),
         of("ends_within_its_most_turns", changed<wait_for_words>{}),
         of("gives_the_same_on_another_thread", knows_its_thread{})});
}

/// Like one that throws, but says so.
struct strict_case : broken_case<changed<throw_at_bytes>> {
    static constexpr bool may_throw = true;
};

TEST(environment_laws, one_may_say_that_it_throws_and_need_not_end) {
    for (const law& one : environment_laws::all<strict_case>()) EXPECT_EQ(one.broken(), "") << one.name;
    struct endless_case {
        static changed<wait_for_words> make() { return {}; }
    };
    EXPECT_EQ(environment_laws::ends_within_its_most_turns<endless_case>(), "");
}

TEST(environment_laws, say_what_breaks_them) {
    EXPECT_EQ((environment_laws::ends_within_its_most_turns<broken_case<changed<wait_for_words>>>()),
              "is not over after 3 turns of \"\"");
    EXPECT_EQ((environment_laws::gives_finite_rewards<broken_case<changed<divide_by_length>>>().substr(0, 18)),
              "gives a reward of ");
    EXPECT_EQ((environment_laws::gives_the_same_on_another_thread<broken_case<knows_its_thread>>()),
              "answers \"longer\", with a reward of 0 to \"\" in turn 1, and \"who are you?\", with a reward of 0 on "
              "another thread");
}

}  // namespace
}  // namespace aha::testing
