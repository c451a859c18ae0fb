#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/environment_answer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/files/utf8.hpp>
#include <aha/rollout/environment/hermes_calls.hpp>
#include <aha/rollout/environment/tool.hpp>
#include <aha/rollout/environment/tool_call.hpp>

namespace aha {

/// What reads calls of tools from a turn: `hermes_calls`, `llama_calls`.
template <class C>
concept tool_call_format = requires(const C& c, const std::string& said) {
    { c(said) } -> std::same_as<std::vector<tool_call>>;
};

/// How tools answer.
struct tool_options {
    std::int64_t most_calls = 8;  ///< of a turn; those beyond are not made, and the policy is told so
    bool plain = false;           ///< answer with a text, for `plain_turns` and models without a chat template; false:
                                  ///< with messages of the role "tool", for `chat_turns`
    std::string prefix = "\n<tool_response>\n";   ///< before what a tool answers, where plain
    std::string suffix = "\n</tool_response>\n";  ///< after it
    bool operator==(const tool_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const { require(most_calls > 0, "most_calls must be positive, not ", most_calls); }
};

/// Tools, C++ functions that the policy calls: a turn with calls is answered with what they give, and one without ends
/// the dialogue. What is wrong with a call (it cannot be read, the tool is not there, arguments are missing or of
/// another type, the tool throws) is said to the policy, in a text that begins with "error: ". Rewards are the
/// trainer's: the environment gives none.
/// @tparam Calls how a call is written
template <class Calls = hermes_calls>
class tool_environment {
    static_assert(tool_call_format<Calls>,
                  "aha: what reads calls of tools from a turn gives them in order; write: "
                  "std::vector<aha::tool_call> operator()(const std::string& said) const;");

    struct parts {
        std::vector<tool> tools;
        tool_options options;
        Calls calls;
    };

public:
    /// Throws `aha::error` for tools that make no sense or share a name.
    explicit tool_environment(std::vector<tool> tools, tool_options options = {}, Calls calls = {})
        : parts_{std::make_shared<const parts>(parts{std::move(tools), std::move(options), std::move(calls)})} {
        parts_->options.validate();
        std::set<std::string> names;
        for (const tool& one : parts_->tools) {
            one.validate();
            require(names.insert(one.name).second, "the tool ", one.name, " is there twice");
        }
    }

    /// What it was made with.
    const std::vector<tool>& tools() const { return parts_->tools; }
    const tool_options& options() const { return parts_->options; }

    /// A dialogue. Tools remember nothing of it.
    class episode {
    public:
        explicit episode(std::shared_ptr<const parts> own) : parts_{std::move(own)} {}

        environment_answer answer(const std::string& said) const {
            const std::vector<tool_call> calls = parts_->calls(said);
            if (calls.empty()) return {.over = true};
            const auto most = static_cast<std::size_t>(parts_->options.most_calls);
            std::vector<std::string> answers;
            for (const tool_call& call : std::span{calls}.first(std::min(most, calls.size())))
                answers.push_back(result_of(call));
            if (calls.size() > most)
                answers.push_back("error: at most " + std::to_string(most) + " calls a turn; " +
                                  std::to_string(calls.size() - most) + " more were not made");
            return told(answers);
        }

    private:
        std::string result_of(const tool_call& call) const {
            if (!call.problem.empty()) return "error: " + call.problem;
            const auto found =
                std::ranges::find_if(parts_->tools, [&](const tool& one) { return one.name == call.name; });
            if (found == parts_->tools.end()) return "error: there is no tool " + json(call.name).dump() + known();
            if (const std::string problem = detail::argument_problem(*found, call.arguments); !problem.empty())
                return "error: " + problem;
            try {
                return utf8::replace_invalid(found->call(call.arguments));
            } catch (const std::exception& thrown) {
                return utf8::replace_invalid("error: " + call.name + ": " + thrown.what());
            } catch (...) {
                return "error: " + call.name + " failed";
            }
        }

        std::string known() const {
            std::string names;
            for (const tool& one : parts_->tools) names += (names.empty() ? "; there is " : ", ") + one.name;
            return names;
        }

        environment_answer told(const std::vector<std::string>& answers) const {
            environment_answer all{.role = "tool"};
            if (parts_->options.plain) {
                for (const std::string& one : answers)
                    all.text += parts_->options.prefix + one + parts_->options.suffix;
            } else if (answers.size() == 1) {
                all.text = answers.front();
            } else {
                all.messages = json::array();
                for (const std::string& one : answers) all.messages.push_back({{"role", "tool"}, {"content", one}});
            }
            return all;
        }

        std::shared_ptr<const parts> parts_;  // also for a call that is left behind
    };

    episode start(const prompt&, const random_stream&) const { return episode{parts_}; }

private:
    std::shared_ptr<const parts> parts_;
};

}  // namespace aha
