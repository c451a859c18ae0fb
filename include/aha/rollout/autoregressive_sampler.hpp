#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/decoding_model.hpp>
#include <aha/core/drawing.hpp>
#include <aha/core/error.hpp>
#include <aha/kernels/float_product.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/rollout/pick_token.hpp>
#include <aha/rollout/sampling_options.hpp>

namespace aha {

/// Told of a group whose completions have all ended.
using group_notice = std::function<void(const rollout_group& group)>;

/// Samples groups of completions token by token with the very weights that are trained. Prompts are computed once a
/// group; completions that end leave the batch at once. The draw of token t of a completion depends on
/// (seed, step, prompt index, sample index, t) alone, not on the batch it runs in.
template <class Tokenizer>
class autoregressive_sampler {
public:
    /// @param max_rows completions decoded side by side; others begin as these end
    explicit autoregressive_sampler(Tokenizer tokenizer, sampling_options options = {}, std::int64_t max_rows = 256)
        : tokenizer_{std::move(tokenizer)}, options_{std::move(options)}, max_rows_{max_rows} {
        options_.validate();
        require(max_rows > 0, "max_rows must be positive, not ", max_rows);
        const auto ends = tokenizer_.end_ids();
        ends_.assign(ends.begin(), ends.end());
        for (const std::string& stop : options_.stop)
            if (const auto id = special_token(stop)) stop_ids_.push_back(*id);
    }

    const sampling_options& options() const { return options_; }
    std::int64_t max_rows() const { return max_rows_; }  ///< completions decoded side by side
    /// The tokenizer that it decodes with.
    const Tokenizer& tokenizer() const { return tokenizer_; }

    /// `group_size` completions of each prompt (their `ids` filled). Throws `aha::error` for a prompt without tokens or
    /// one that leaves no room in the model's context.
    /// @param done called with each group as soon as its last completion has ended, while others are decoded
    template <class Model>
    std::vector<rollout_group> sample(const Model& model, std::span<const prompt> prompts, std::int64_t group_size,
                                      const random_key& key, const group_notice& done = {}) const {
        require(group_size > 0, "group_size must be positive, not ", group_size);
        std::vector<rollout_group> groups;
        for (const prompt& p : prompts) {
            require(!p.ids.empty(), "prompt ", p.index, " has no tokens");
            require(static_cast<std::int64_t>(p.ids.size()) < model.context(), "prompt ", p.index, " has ",
                    p.ids.size(), " tokens, which leaves no room in the model's context of ", model.context());
            groups.push_back({p, std::vector<completion>(static_cast<std::size_t>(group_size)), {}, {}});
        }
        if constexpr (draws_tokens_itself<Model>) {
            if (model.prefers_static_session()) decode_ahead(model, groups, group_size, key, done);
            else decode(model, groups, group_size, key, done);
        } else {
            decode(model, groups, group_size, key, done);
        }
        return groups;
    }

    /// Fills the completions of `groups`, with a session of the model that draws tokens itself: a step is begun before
    /// the tokens of the one before it are known, so that nobody waits for the host. A completion that ended takes part
    /// in one step more; its token is not used. `sample` does so where the model prefers it.
    template <class Model>
    void decode_ahead(const Model& model, std::span<rollout_group> waiting, std::int64_t group_size,
                      const random_key& key, const group_notice& done = {}) const {
        const std::int64_t max_rows =
            std::max(group_size, std::min(max_rows_ / group_size, std::ssize(waiting)) * group_size);
        auto session = model.open_static_session(rule(), max_rows);
        std::deque<row> all;                  // of every completion begun
        std::vector<row*> rows;               // in the batch
        std::deque<std::vector<row*>> begun;  // steps that are not read, with their rows
        const auto keep_if = [&](const auto& stays) {
            std::vector<std::int64_t> running;
            for (std::size_t r = 0; r < rows.size(); ++r)
                if (stays(*rows[r])) running.push_back(static_cast<std::int64_t>(r));
            if (running.size() == rows.size()) return;
            rows = chosen(rows, running);
            session.keep(running);
        };
        while (true) {
            const auto fit = static_cast<std::size_t>((max_rows - std::ssize(rows)) / group_size);
            if (const std::size_t count = std::min(waiting.size(), fit); count > 0) {
                std::vector<std::vector<token_id>> prompts;
                std::vector<sampling_row> starts;
                for (rollout_group& group : waiting.first(count)) {
                    prompts.push_back(group.prompt.ids);
                    std::vector<row> added;
                    append_rows(added, group, model.context(), key);
                    for (row& r : added) {
                        starts.push_back({r.stream, r.room});
                        rows.push_back(&all.emplace_back(std::move(r)));
                    }
                }
                waiting = waiting.subspan(count);
                session.admit(prompts, starts);
            }
            if (!rows.empty()) {
                session.step();
                begun.push_back(rows);
                for (row* r : rows) ++r->begun;
                keep_if([](const row& r) { return r.begun < r.room; });  // the others drew their last token
            }
            if (begun.empty()) break;
            if (session.behind() < session.max_in_flight && !rows.empty()) continue;
            const drawn_tokens drawn = session.read(std::ssize(begun.front()));
            for (std::size_t r = 0; r < begun.front().size(); ++r) take(*begun.front()[r], drawn, r, done);
            begun.pop_front();
            keep_if([](const row& r) { return !r.over; });
        }
    }

private:
    struct row {
        rollout_group* group;
        completion* target;
        random_stream stream;
        std::int64_t room;                  ///< tokens it may have
        std::shared_ptr<std::size_t> left;  ///< completions of its group that have not ended
        std::int64_t begun = 0;             ///< draws begun, where they are read later
        bool over = false;                  ///< it ended
    };

    /// The options as a model that draws itself understands them.
    sampling_params rule() const {
        return {.temperature = options_.temperature,
                .top_k = options_.top_k,
                .top_p = options_.top_p,
                .min_p = options_.min_p,
                .suppress = options_.suppress,
                .ends = both(ends_, stop_ids_),
                .min_new_tokens = options_.min_new_tokens};
    }

    /// The last completion of a group to end completes it.
    void note_end(const row& r, const group_notice& done) const {
        r.target->text = without_stop(tokenizer_.decode(r.target->ids), r.target->finish);
        if (--*r.left == 0 && done) done(*r.group);
    }

    /// The text of a completion up to the stop string that ended it, with or without it as the options say. A last
    /// token may hold more than the string.
    std::string without_stop(std::string text, finish_reason finish) const {
        if (finish != finish_reason::stop_string) return text;
        std::size_t first = std::string::npos, end = 0;
        for (const std::string& stop : options_.stop)
            if (const std::size_t at = text.find(stop); at < first) first = at, end = at + stop.size();
        if (first != std::string::npos) text.resize(options_.include_stop_string ? end : first);
        return text;
    }

    /// Token `at` of a step becomes the row's next, unless it has ended.
    void take(row& r, const drawn_tokens& drawn, std::size_t at, const group_notice& done) const {
        if (r.over) return;
        r.target->ids.push_back(drawn.ids[at]);
        r.target->log_probs.push_back(drawn.log_probs[at]);
        r.target->behavior_log_probs.push_back(drawn.behavior_log_probs[at]);
        r.target->entropies.push_back(drawn.entropies[at]);
        r.over = ended(r);
        if (r.over) note_end(r, done);
    }

    /// Decodes all groups: as many at a time as `max_rows` allows, and where the session can take more (`admit`), the
    /// next ones as soon as there is room for a whole group.
    template <class Model>
    void decode(const Model& model, std::span<rollout_group> waiting, std::int64_t group_size, const random_key& key,
                const group_notice& done) const {
        const at::NoGradGuard no_gradients;
        std::vector<row> rows;
        const auto take = [&](std::int64_t in_use) {  // the groups that fit beside `in_use` rows, at least one if none
            const std::int64_t fit = std::max<std::int64_t>((max_rows_ - in_use) / group_size, in_use == 0 ? 1 : 0);
            const auto count = std::min<std::size_t>(waiting.size(), static_cast<std::size_t>(fit));
            std::vector<std::vector<token_id>> prompts;
            for (rollout_group& group : waiting.first(count)) {
                prompts.push_back(group.prompt.ids);
                append_rows(rows, group, model.context(), key);
            }
            waiting = waiting.subspan(count);
            return prompts;
        };
        while (!waiting.empty()) {
            auto session = model.open_session(take(0), group_size);
            while (true) {
                std::vector<token_id> ids = pick(model.head(), session.hidden(), rows);
                std::vector<std::int64_t> running;
                for (std::size_t r = 0; r < rows.size(); ++r)
                    if (!ended(rows[r])) running.push_back(static_cast<std::int64_t>(r));
                    else note_end(rows[r], done);
                if (running.size() < rows.size()) {
                    rows = chosen(rows, running);
                    ids = chosen(ids, running);
                    if (running.empty()) break;
                    session.keep(running);
                }
                session.advance(ids);
                if constexpr (session_admits<typename Model::session>)
                    if (const auto prompts = take(std::ssize(rows)); !prompts.empty())
                        session.admit(prompts, group_size);
            }
        }
    }

    void append_rows(std::vector<row>& rows, rollout_group& group, std::int64_t context, const random_key& key) const {
        const std::int64_t room = std::min(options_.max_new_tokens, context - std::ssize(group.prompt.ids));
        const auto left = std::make_shared<std::size_t>(group.completions.size());
        for (std::size_t s = 0; s < group.completions.size(); ++s)
            rows.push_back({&group, &group.completions[s],
                            random_stream{{key.seed, key.step, group.prompt.random_place(), s}}, room, left});
    }

    static std::vector<token_id> both(std::vector<token_id> a, const std::vector<token_id>& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    }

    /// The special token that the stop string is. Decoded text has none, so one inside a longer string is an error: it
    /// would never be found.
    std::optional<token_id> special_token(const std::string& stop) const {
        const std::vector<token_id> ids = tokenizer_.encode(stop);
        if constexpr (requires { tokenizer_.decode(ids, false); }) {
            if (ids.empty() || tokenizer_.decode(ids, false) == tokenizer_.decode(ids)) return std::nullopt;
            require(
                ids.size() == 1, "the stop string \"", stop,
                "\" holds a special token, which the text of a completion does not: give the token alone, or a text "
                "without it");
            return ids.front();
        } else {
            return std::nullopt;
        }
    }

    template <class T>
    static std::vector<T> chosen(const std::vector<T>& from, std::span<const std::int64_t> places) {
        std::vector<T> result;
        for (const std::int64_t place : places) result.push_back(from[static_cast<std::size_t>(place)]);
        return result;
    }

    /// Draws the next token of every row; logits exist for `logits_bytes` worth of rows at a time.
    template <class Head>
    std::vector<token_id> pick(const Head& head, const at::Tensor& hidden, std::vector<row>& rows) const {
        constexpr std::int64_t logits_bytes = 64 << 20;
        const std::int64_t vocabulary = head.compute.size(0);
        const std::int64_t chunk = std::max<std::int64_t>(1, logits_bytes / (4 * vocabulary));
        const auto total = static_cast<std::int64_t>(rows.size());
        std::vector<token_id> ids(rows.size());
        for (std::int64_t from = 0; from < total; from += chunk) {
            const std::int64_t n = std::min(chunk, total - from);
            const at::Tensor logits =
                product_in_float(hidden.narrow(0, from, n), head.compute, head.blocked).cpu();  // [n, V]
            at::parallel_for(0, n, 1, [&](std::int64_t begin, std::int64_t end) {
                std::vector<float> allowed;
                for (std::int64_t i = begin; i < end; ++i) {
                    const auto at = static_cast<std::size_t>(from + i);
                    const std::span<const float> model{logits.const_data_ptr<float>() + i * vocabulary,
                                                       static_cast<std::size_t>(vocabulary)};
                    const sampled_token token = pick_token(model, restricted(model, rows[at], allowed), options_,
                                                           rows[at].stream.uniform(rows[at].target->ids.size()));
                    ids[at] = token.id;
                    rows[at].target->ids.push_back(token.id);
                    rows[at].target->log_probs.push_back(token.log_prob);
                    rows[at].target->behavior_log_probs.push_back(token.behavior_log_prob);
                    rows[at].target->entropies.push_back(token.entropy);
                }
            });
        }
        return ids;
    }

    /// `logits` with the tokens that may not be drawn now at minus infinity; `logits` itself where there are none.
    std::span<const float> restricted(std::span<const float> logits, const row& r, std::vector<float>& buffer) const {
        const bool too_short = static_cast<std::int64_t>(r.target->ids.size()) < options_.min_new_tokens;
        if (options_.suppress.empty() && !(too_short && !(ends_.empty() && stop_ids_.empty()))) return logits;
        buffer.assign(logits.begin(), logits.end());
        const auto forbid = [&](token_id id) {
            if (id >= 0 && static_cast<std::size_t>(id) < buffer.size())
                buffer[static_cast<std::size_t>(id)] = -std::numeric_limits<float>::infinity();
        };
        for (const token_id id : options_.suppress) forbid(id);
        if (too_short)
            for (const token_id id : both(ends_, stop_ids_)) forbid(id);
        return buffer;
    }

    bool ended(const row& r) const {
        completion& c = *r.target;
        if (std::find(ends_.begin(), ends_.end(), c.ids.back()) != ends_.end()) {
            c.finish = finish_reason::end_token;
            return true;
        }
        if (std::find(stop_ids_.begin(), stop_ids_.end(), c.ids.back()) != stop_ids_.end() || stopped(c)) {
            c.finish = finish_reason::stop_string;
            return true;
        }
        c.finish = finish_reason::length;
        return std::ssize(c.ids) >= r.room;
    }

    /// Whether the last token completed a stop string. A token with text is at least a byte, so a short tail is enough
    /// to look at; special tokens have none.
    bool stopped(const completion& c) const {
        if (options_.stop.empty()) return false;
        std::size_t longest = 0;
        for (const std::string& s : options_.stop) longest = std::max(longest, s.size());
        std::size_t n = 0;
        for (std::size_t with_text = 0; n < c.ids.size() && with_text < longest + 4;)  // 4: a character may be cut
            if (!tokenizer_.decode(std::span{c.ids}.last(++n).first(1)).empty()) ++with_text;
        const std::string tail = tokenizer_.decode(std::span{c.ids}.last(n));
        return std::any_of(options_.stop.begin(), options_.stop.end(),
                           [&](const std::string& s) { return tail.find(s) != std::string::npos; });
    }

    Tokenizer tokenizer_;
    sampling_options options_;
    std::int64_t max_rows_;
    std::vector<token_id> ends_;      // those of the tokenizer
    std::vector<token_id> stop_ids_;  // of stop strings that are special tokens
};

}  // namespace aha
