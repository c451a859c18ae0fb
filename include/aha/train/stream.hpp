#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <aha/core/dialogue.hpp>
#include <aha/core/records.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/rollout/sampling_options.hpp>
#include <aha/rollout/sampling_run.hpp>
#include <aha/text/stream_decoder.hpp>
#include <aha/train/generate.hpp>
#include <aha/rollout/prompt_reader.hpp>

namespace aha {

/// What a model says, in pieces of text, each as soon as it is known: an input range of `std::string_view`, gone
/// through once. A piece is never empty and never cut inside a character; what might become a stop string waits until
/// it is known. A piece lasts until the next one is asked for. All together are the text that `generate` gives. Made by
/// `stream`; the model must outlive it and keep its weights.
template <class Source>
class text_stream {
    using tokenizer_type = std::remove_cvref_t<decltype(std::declval<const Source&>().tokenizer)>;

public:
    /// Throws as `generate` does.
    text_stream(const Source& source, const text_or_turns& asked, const sampling_options& options, std::uint64_t seed)
        : sampler_{std::make_unique<autoregressive_sampler<tokenizer_type>>(source.tokenizer, options)},
          run_{begin_run(source, *sampler_, asked, seed)},
          decoder_{source.tokenizer} {}

    /// The pieces.
    class iterator {
    public:
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        /// At the next piece of a stream, which outlives it.
        explicit iterator(text_stream& pieces) : pieces_{&pieces} { ++*this; }
        /// The piece.
        std::string_view operator*() const { return pieces_->piece_; }
        /// On to the next piece, which is waited for.
        iterator& operator++() {
            pieces_->advance();
            return *this;
        }
        /// The same.
        void operator++(int) { ++*this; }
        /// Whether the completion has ended.
        bool operator==(std::default_sentinel_t) const { return pieces_->piece_.empty(); }

    private:
        text_stream* pieces_;
    };
    /// At the first piece that was not given yet.
    iterator begin() { return iterator{*this}; }
    /// After the last piece.
    std::default_sentinel_t end() const { return {}; }

    /// The completion as far as it is made: tokens, log-probs, and once it has ended its text and how it ended.
    const completion& made() const { return run_.groups().front().completions.front(); }

private:
    static sampling_run begin_run(const Source& source, const autoregressive_sampler<tokenizer_type>& sampler,
                                  const text_or_turns& asked, std::uint64_t seed) {
        prompt_fitter fit{source, {}, sampler.options().max_new_tokens};
        const prompt question = *fit(detail::question_of(asked, 0));
        return sampler.start(source.model, std::span{&question, 1}, 1, {.seed = seed});
    }

    /// Draws tokens until they make a piece, or the end.
    void advance() {
        piece_.clear();
        while (piece_.empty() && !over_) {
            over_ = !run_.step();
            if (over_) {  // the completion's text knows where a stop string ended it
                piece_ = made().text.substr(std::min(given_, made().text.size()));
                return;
            }
            for (; decoded_ < made().ids.size(); ++decoded_) waiting_ += decoder_.push(made().ids[decoded_]);
            piece_ = waiting_.substr(0, waiting_.size() - undecided());
            waiting_.erase(0, piece_.size());
            given_ += piece_.size();
        }
    }

    /// Bytes at the end of the waiting text that a stop string begins with.
    std::size_t undecided() const {
        std::size_t most = 0;
        for (const std::string_view stop : sampler_->options().stop)
            for (std::size_t n = std::min(stop.size() - 1, waiting_.size()); n > most; --n)
                if (waiting_.ends_with(stop.substr(0, n))) most = n;
        return most;
    }

    std::unique_ptr<autoregressive_sampler<tokenizer_type>> sampler_;  // whose place the run remembers
    sampling_run run_;
    stream_decoder<tokenizer_type> decoder_;
    std::size_t decoded_ = 0;  // tokens
    std::string waiting_;      // text that was not given
    std::size_t given_ = 0;    // bytes of text
    std::string piece_;
    bool over_ = false;
};

/// What the model says, piece by piece as it is made:
///
///     for (std::string_view piece : aha::stream(model, "Once upon a time")) std::cout << piece << std::flush;
///
/// The parameters and errors are those of `generate`, and the pieces put together are its text.
template <class Source>
text_stream<Source> stream(const Source& source, const text_or_turns& asked, const sampling_options& options = {},
                           std::uint64_t seed = 0) {
    static_assert(require_answers_texts<Source>());
    return {source, asked, options, seed};
}

/// The model would be gone before the first piece: give it a name.
template <class Source>
    requires(!std::is_lvalue_reference_v<Source>)
text_stream<Source> stream(Source&& source, const text_or_turns& asked, const sampling_options& options = {},
                           std::uint64_t seed = 0) = delete;

/// Calls `each(std::string_view piece)` with the pieces. Where it gives a bool, false ends the completion. Gives the
/// completion: its `text` is what was given to `each`, and one that was ended by `each` is as one that was cut off
/// (`finish_reason::length`).
template <class Source, std::invocable<std::string_view> Each>
completion stream(const Source& source, const text_or_turns& asked, const sampling_options& options, Each&& each,
                  std::uint64_t seed = 0) {
    text_stream pieces = stream(source, asked, options, seed);
    std::string given;
    for (const std::string_view piece : pieces) {
        given += piece;
        if constexpr (std::convertible_to<std::invoke_result_t<Each&, std::string_view>, bool>) {
            if (!std::invoke(each, piece)) break;
        } else {
            std::invoke(each, piece);
        }
    }
    completion said = pieces.made();
    said.text = std::move(given);
    return said;
}

}  // namespace aha
