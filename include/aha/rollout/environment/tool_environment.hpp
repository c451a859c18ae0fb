#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
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

/// How a `tool_environment` answers.
struct tool_options {
    std::int64_t max_calls = 8;                  ///< of a turn; those beyond are not made, which the model is told
    std::string role = "tool";                   ///< whose message an answer is, where a chat template writes it
    std::string before = "\n<tool_response>\n";  ///< what stands before an answer as a plain text, see `plain_turns`
    std::string after = "\n</tool_response>\n";  ///< what stands behind it there

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const { require(max_calls > 0, "max_calls must be positive, not ", max_calls); }
};

/// An environment of tools: C++ functions that the model calls, from several threads at once. A turn without a call
/// ends the dialogue: it is the model's answer. What is wrong with a call (a tool that there is not, arguments of
/// another type, an exception of the function) is told to the model, which may try again. It gives no rewards; those
/// are the reward's.
/// @tparam Calls how calls are written: `hermes_calls`, `llama_calls`, or a callable that finds the `tool_call`s of a
/// text
template <class Calls = hermes_calls>
class tool_environment {
public:
    /// Throws `aha::error` for tools that make no sense or have the same name.
    explicit tool_environment(std::vector<tool> tools, tool_options options = {}, Calls calls = {})
        : shared_{std::make_shared<const shared>(shared{std::move(tools), std::move(options), std::move(calls)})} {
        shared_->options.validate();
        for (const tool& one : shared_->tools) {
            one.validate();
            require(std::ranges::count(shared_->tools, one.name, &tool::name) == 1, "two tools have the name \"",
                    one.name, "\"");
        }
    }

    const std::vector<tool>& tools() const { return shared_->tools; }  ///< in the order given
    json schemas() const { return tool_schemas(shared_->tools); }      ///< for a prompt's field "tools"

    class episode;
    /// Nothing of it depends on the prompt.
    episode start(const prompt&, const random_stream&) const { return episode{shared_}; }

private:
    struct shared {
        std::vector<tool> tools;
        tool_options options;
        Calls calls;
    };
    std::shared_ptr<const shared> shared_;
};

/// A dialogue with tools.
template <class Calls>
class tool_environment<Calls>::episode {
public:
    /// What the tools answer to the calls of a turn, in their order.
    environment_answer answer(const std::string& said) {
        const std::vector<tool_call> calls = shared_->calls(std::string_view{said});
        if (calls.empty()) return {.over = true};
        const tool_options& options = shared_->options;
        environment_answer all;
        all.messages = json::array();
        const auto add = [&](const std::string& text) {
            all.text += options.before + text + options.after;
            all.messages.push_back({{"role", options.role}, {"content", text}});
        };
        const std::size_t most = std::min(calls.size(), static_cast<std::size_t>(options.max_calls));
        for (std::size_t n = 0; n < most; ++n) add(utf8::replace_invalid(answer_to(calls[n])));
        if (most < calls.size())
            add("error: at most " + std::to_string(most) + " calls a turn; " + std::to_string(calls.size() - most) +
                " more were not made");
        return all;
    }

private:
    friend tool_environment;
    explicit episode(std::shared_ptr<const shared> of) : shared_{std::move(of)} {}

    std::string answer_to(const tool_call& call) const {
        if (!call.complaint.empty()) return "error: " + call.complaint;
        const auto found = std::ranges::find(shared_->tools, call.name, &tool::name);
        if (found == shared_->tools.end()) return "error: there is no tool \"" + call.name + "\"" + known();
        if (const std::string wrong = found->complaint(call.arguments); !wrong.empty()) return "error: " + wrong;
        try {
            return found->call(call.arguments);
        } catch (const std::exception& thrown) {
            return std::string{"error: "} + thrown.what();
        } catch (...) {
            return "error: the tool failed";
        }
    }

    std::string known() const {
        std::string names;
        for (const tool& one : shared_->tools) names += (names.empty() ? "; there is " : ", ") + one.name;
        return names;
    }

    std::shared_ptr<const shared> shared_;  // also for a call that is left behind
};

}  // namespace aha
