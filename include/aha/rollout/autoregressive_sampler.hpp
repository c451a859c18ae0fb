#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/decoding_model.hpp>
#include <aha/core/drawing.hpp>
#include <aha/core/error.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/rollout/completion_end.hpp>
#include <aha/rollout/draw_rows.hpp>
#include <aha/rollout/pick_token.hpp>
#include <aha/rollout/sampling_options.hpp>
#include <aha/rollout/sampling_run.hpp>

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
        end_ = detail::completion_end{tokenizer_, options_};
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
        sampling_run run = start(model, prompts, group_size, key, done);
        for (bool more = true; more;) more = run.step();
        return std::move(run).groups();
    }

    /// The same, begun: each `step` of what it gives draws the next token of every completion that has not ended. Model
    /// and sampler must outlive it. Throws as `sample` does.
    template <class Model>
    sampling_run start(const Model& model, std::span<const prompt> prompts, std::int64_t group_size,
                       const random_key& key, const group_notice& done = {}) const {
        require(group_size > 0, "group_size must be positive, not ", group_size);
        std::vector<rollout_group> groups;
        for (const prompt& p : prompts) {
            require(!p.ids.empty(), "prompt ", p.index, " has no tokens");
            require(static_cast<std::int64_t>(p.ids.size()) < model.context(), "prompt ", p.index, " has ",
                    p.ids.size(), " tokens, which leaves no room in the model's context of ", model.context());
            groups.push_back({p, std::vector<completion>(static_cast<std::size_t>(group_size)), {}, {}});
        }
        const std::span<rollout_group> waiting{groups};  // moving a vector leaves its elements where they are
        if constexpr (draws_tokens_itself<Model>)
            if (model.prefers_static_session())
                return {std::move(groups),
                        std::make_shared<ahead_loop<Model>>(*this, model, waiting, group_size, key, done)};
        return {std::move(groups), std::make_shared<token_loop<Model>>(*this, model, waiting, group_size, key, done)};
    }

    /// Fills the completions of `groups`, with a session of the model that draws tokens itself: a step is begun before
    /// the tokens of the one before it are known, so that nobody waits for the host. A completion that ended takes part
    /// in one step more; its token is not used. `sample` does so where the model prefers it.
    template <class Model>
    void decode_ahead(const Model& model, std::span<rollout_group> waiting, std::int64_t group_size,
                      const random_key& key, const group_notice& done = {}) const {
        ahead_loop<Model> loop{*this, model, waiting, group_size, key, done};
        for (bool more = true; more;) more = loop.step();
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
    sampling_params params() const { return {options_.rule(), options_.suppress, end_.ids()}; }

    /// The last completion of a group to end completes it.
    void note_end(const row& r, const group_notice& done) const {
        r.target->text = end_.text_of(*r.target, tokenizer_, options_);
        if (--*r.left == 0 && done) done(*r.group);
    }

    bool ended(const row& r) const { return end_.reached(*r.target, r.room, tokenizer_, options_); }

    /// Token `at` of a step becomes the row's next.
    void take(row& r, const drawn_tokens& drawn, std::size_t at, const group_notice& done) const {
        r.target->ids.push_back(drawn.ids[at]);
        r.target->log_probs.push_back(drawn.log_probs[at]);
        r.target->behavior_log_probs.push_back(drawn.behavior_log_probs[at]);
        r.target->entropies.push_back(drawn.entropies[at]);
        r.over = ended(r);
        if (r.over) note_end(r, done);
    }

    /// A session where it is made: it need not be one that can be moved.
    template <class Session>
    struct open_here {
        Session session;
        template <class Open>
        explicit open_here(const Open& open) : session(open()) {}
    };

    /// Decodes all groups: as many at a time as `max_rows` allows, and where the session can take more (`admit`), the
    /// next ones as soon as there is room for a whole group.
    template <class Model>
    class token_loop {
    public:
        token_loop(const autoregressive_sampler& sampler, const Model& model, std::span<rollout_group> waiting,
                   std::int64_t group_size, const random_key& key, const group_notice& done)
            : sampler_{&sampler}, model_{&model}, waiting_{waiting}, group_size_{group_size}, key_{key}, done_{done} {}

        /// Draws the next token of each row; false once no completion is left.
        bool step() {
            const at::NoGradGuard no_gradients;
            if (!rows_.empty()) go_on();
            else if (!waiting_.empty()) open_.emplace([&] { return model_->open_session(take(0), group_size_); });
            else return false;
            ids_ = sampler_->pick(model_->head(), open_->session.hidden(), rows_);
            std::vector<std::int64_t> running;
            for (std::size_t r = 0; r < rows_.size(); ++r)
                if (!sampler_->ended(rows_[r])) running.push_back(static_cast<std::int64_t>(r));
                else sampler_->note_end(rows_[r], done_);
            if (running.size() < rows_.size()) {
                rows_ = chosen(rows_, running);
                ids_ = chosen(ids_, running);
                if (running.empty()) open_.reset();
                else open_->session.keep(running);
            }
            return !rows_.empty() || !waiting_.empty();
        }

    private:
        /// Computes what the last step drew, and begins further groups where there is room.
        void go_on() {
            open_->session.advance(ids_);
            if constexpr (session_admits<typename Model::session>)
                if (const auto prompts = take(std::ssize(rows_)); !prompts.empty())
                    open_->session.admit(prompts, group_size_);
        }

        /// The prompts of the groups that fit beside `in_use` rows, at least one if none.
        std::vector<std::vector<token_id>> take(std::int64_t in_use) {
            const std::int64_t fit =
                std::max<std::int64_t>((sampler_->max_rows_ - in_use) / group_size_, in_use == 0 ? 1 : 0);
            const auto count = std::min<std::size_t>(waiting_.size(), static_cast<std::size_t>(fit));
            std::vector<std::vector<token_id>> prompts;
            for (rollout_group& group : waiting_.first(count)) {
                prompts.push_back(group.prompt.ids);
                sampler_->append_rows(rows_, group, model_->context(), key_);
            }
            waiting_ = waiting_.subspan(count);
            return prompts;
        }

        const autoregressive_sampler* sampler_;
        const Model* model_;
        std::span<rollout_group> waiting_;
        std::int64_t group_size_;
        random_key key_;
        group_notice done_;
        std::vector<row> rows_;
        std::vector<token_id> ids_;  // what the last step drew for them
        std::optional<open_here<typename Model::session>> open_;
    };

    /// See `decode_ahead`.
    template <class Model>
    class ahead_loop {
    public:
        ahead_loop(const autoregressive_sampler& sampler, const Model& model, std::span<rollout_group> waiting,
                   std::int64_t group_size, const random_key& key, const group_notice& done)
            : sampler_{&sampler},
              waiting_{waiting},
              group_size_{group_size},
              context_{model.context()},
              key_{key},
              done_{done},
              most_rows_{
                  std::max(group_size, std::min(sampler.max_rows_ / group_size, std::ssize(waiting)) * group_size)},
              left_{std::ssize(waiting) * group_size},
              open_{[&] { return model.open_static_session(sampler.params(), most_rows_); }} {}

        /// Begins steps until one can be read, and reads it; false once no completion is left.
        bool step() {
            do {
                admit();
                if (!rows_.empty()) {
                    open_.session.step();
                    begun_.push_back(rows_);
                    for (row* r : rows_) ++r->begun;
                    keep_if([](const row& r) { return r.begun < r.room; });  // the others drew their last token
                }
                if (begun_.empty()) return false;
            } while (open_.session.behind() < open_.session.max_in_flight && !rows_.empty());
            const drawn_tokens drawn = open_.session.read(std::ssize(begun_.front()));
            for (std::size_t r = 0; r < begun_.front().size(); ++r) {
                row& one = *begun_.front()[r];
                if (one.over) continue;
                sampler_->take(one, drawn, r, done_);
                if (one.over) --left_;
            }
            begun_.pop_front();
            keep_if([](const row& r) { return !r.over; });
            return left_ > 0;
        }

    private:
        void admit() {
            const auto fit = static_cast<std::size_t>((most_rows_ - std::ssize(rows_)) / group_size_);
            const std::size_t count = std::min(waiting_.size(), fit);
            if (count == 0) return;
            std::vector<std::vector<token_id>> prompts;
            std::vector<sampling_row> starts;
            for (rollout_group& group : waiting_.first(count)) {
                prompts.push_back(group.prompt.ids);
                std::vector<row> added;
                sampler_->append_rows(added, group, context_, key_);
                for (row& r : added) {
                    starts.push_back({r.stream, r.room});
                    rows_.push_back(&all_.emplace_back(std::move(r)));
                }
            }
            waiting_ = waiting_.subspan(count);
            open_.session.admit(prompts, starts);
        }

        template <class Stays>
        void keep_if(const Stays& stays) {
            std::vector<std::int64_t> running;
            for (std::size_t r = 0; r < rows_.size(); ++r)
                if (stays(*rows_[r])) running.push_back(static_cast<std::int64_t>(r));
            if (running.size() == rows_.size()) return;
            rows_ = chosen(rows_, running);
            open_.session.keep(running);
        }

        const autoregressive_sampler* sampler_;
        std::span<rollout_group> waiting_;
        std::int64_t group_size_, context_;
        random_key key_;
        group_notice done_;
        std::int64_t most_rows_;
        std::int64_t left_;                    // completions that have not ended
        std::deque<row> all_;                  // of every completion begun
        std::vector<row*> rows_;               // in the batch
        std::deque<std::vector<row*>> begun_;  // steps that are not read, with their rows
        open_here<decltype(std::declval<const Model&>().open_static_session(sampling_params{}, std::int64_t{}))> open_;
    };

    void append_rows(std::vector<row>& rows, rollout_group& group, std::int64_t context, const random_key& key) const {
        const std::int64_t room = std::min(options_.max_new_tokens, context - std::ssize(group.prompt.ids));
        const auto left = std::make_shared<std::size_t>(group.completions.size());
        for (std::size_t s = 0; s < group.completions.size(); ++s)
            rows.push_back({&group, &group.completions[s],
                            random_stream{{key.seed, key.step, group.prompt.random_place(), s}}, room, left});
    }

    template <class T>
    static std::vector<T> chosen(const std::vector<T>& from, std::span<const std::int64_t> places) {
        std::vector<T> result;
        for (const std::int64_t place : places) result.push_back(from[static_cast<std::size_t>(place)]);
        return result;
    }

    /// Draws the next token of every row.
    template <class Head>
    std::vector<token_id> pick(const Head& head, const at::Tensor& hidden, std::vector<row>& rows) const {
        std::vector<token_id> ids(rows.size());
        detail::draw_rows(
            head, hidden, options_, end_.ids(), [&](std::size_t n) { return std::ssize(rows[n].target->ids); },
            [&](std::size_t n) { return rows[n].stream.uniform(rows[n].target->ids.size()); },
            [&](std::size_t n, const sampled_token& token) {
                ids[n] = token.id;
                rows[n].target->ids.push_back(token.id);
                rows[n].target->log_probs.push_back(token.log_prob);
                rows[n].target->behavior_log_probs.push_back(token.behavior_log_prob);
                rows[n].target->entropies.push_back(token.entropy);
            });
        return ids;
    }

    Tokenizer tokenizer_;
    sampling_options options_;
    std::int64_t max_rows_;
    detail::completion_end end_;
};

}  // namespace aha
