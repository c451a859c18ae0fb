#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <aha/concepts/judge.hpp>
#include <aha/core/error.hpp>
#include <aha/core/message.hpp>
#include <aha/reward/judge/ask_judge.hpp>
#include <aha/reward/result_cache.hpp>

namespace aha {

/// A judge that remembers what it said, by the messages and the number of the vote. Made by `cached`.
template <class J>
class cached_judge {
    static_assert(require_judge<J>());

public:
    /// Keeps what was used last, up to `most_bytes` of messages and answers.
    explicit cached_judge(J asked, std::int64_t most_bytes = std::int64_t{64} << 20)
        : shared_{(require(most_bytes >= 0, "most_bytes must be 0 (keep nothing) or more, not ", most_bytes),
                   std::make_shared<state>(std::move(asked), most_bytes))} {}

    /// What the judge said, or says now. What it throws is not kept.
    std::string operator()(std::span<const message> messages, std::uint64_t vote = 0) const {
        return shared_->kept.get(
            key(messages, vote), [&] { return ask_judge(shared_->judge, messages, vote); },
            [](const std::string& said) { return static_cast<std::int64_t>(said.size()); });
    }

private:
    struct state {
        state(J asked, std::int64_t most_bytes) : judge{std::move(asked)}, kept{most_bytes} {}
        J judge;
        detail::result_cache<std::string> kept;
    };

    /// Different for different messages and votes: each text stands behind its length.
    static std::string key(std::span<const message> messages, std::uint64_t vote) {
        std::string text = std::to_string(vote);
        const auto add = [&](const std::string& part) { text += ' ' + std::to_string(part.size()) + ' ' + part; };
        for (const message& one : messages) {
            add(one.role), add(one.content);
            add(one.as_read.is_null() ? "" : one.as_read.dump(-1, ' ', true, json::error_handler_t::replace));
        }
        return text;
    }

    std::shared_ptr<state> shared_;  // of copies too
};

/// `asked`, which is not asked twice about the same: its answers are kept by the messages and the number of the vote,
/// those used last, up to `most_bytes`. Threads that ask the same at once wait for one answer. Copies share what is
/// kept.
template <class J>
cached_judge<J> cached(J asked, std::int64_t most_bytes = std::int64_t{64} << 20) {
    return cached_judge<J>{std::move(asked), most_bytes};
}

}  // namespace aha
