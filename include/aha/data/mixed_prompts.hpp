#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/prompt_source.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/state.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha {

/// How prompts are drawn from several sources.
struct mixed_prompts_options {
    std::uint64_t seed = 0;        ///< of the draws: the n-th derives from it and n alone
    std::string field = "source";  ///< `prompt::fields[field]` is the name of the part it came from; empty: not said
};

/// A prompt source with its share in a mixture. Move-only.
class mixed_part {
public:
    /// @param name what messages and `prompt::fields` call it
    /// @param weight its share, against the sum of all weights
    /// Throws `aha::error` for a name that is empty and a weight that is not positive and finite.
    template <class Source>
    mixed_part(std::string name, double weight, Source source)
        : name_{std::move(name)}, weight_{weight}, source_{std::make_unique<held<Source>>(std::move(source))} {
        static_assert(require_prompt_source<Source>());
        require(!name_.empty(), "a part of a mixture must have a name");
        require(std::isfinite(weight_) && weight_ > 0, "the weight of \"", name_,
                "\" must be positive and finite, not ", weight_);
    }

    /// What it is called in metrics.
    const std::string& name() const { return name_; }
    /// Its share.
    double weight() const { return weight_; }
    std::optional<prompt> next() { return source_->next(); }
    /// What a checkpoint must hold of it.
    state save() const { return source_->save(); }
    void load(const state& saved) { source_->load(saved); }

private:
    struct any_source {
        virtual ~any_source() = default;
        virtual std::optional<prompt> next() = 0;
        virtual state save() const = 0;
        virtual void load(const state& saved) = 0;
    };
    template <class Source>
    struct held final : any_source {
        explicit held(Source given) : source{std::move(given)} {}
        std::optional<prompt> next() override { return source.next(); }
        state save() const override { return source.save(); }
        void load(const state& saved) override { source.load(saved); }
        Source source;
    };

    std::string name_;
    double weight_;
    std::unique_ptr<any_source> source_;
};

/// Prompts from several sources, itself a prompt source: each prompt's source is drawn by weight.
///
///     aha::mixed_prompts questions{{.seed = 1}, aha::mixed_part{"sums", 3, aha::addition_prompts{}},
///                                  aha::mixed_part{"file", 1, aha::jsonl_prompts{"tasks.jsonl"}}};
///
/// A source that comes to its end leaves its share to the others in proportion to their weights; the mixture ends with
/// the last of them. `prompt::index` is the source's own times the number of parts, plus the part's place, so that no
/// two parts share one.
class mixed_prompts {
public:
    /// Throws `aha::error` if there is no part, or two have the same name.
    mixed_prompts(mixed_prompts_options options, std::vector<mixed_part> parts);

    template <std::same_as<mixed_part>... Parts>
        requires(sizeof...(Parts) > 0)
    explicit mixed_prompts(mixed_prompts_options options, Parts... parts)
        : mixed_prompts{std::move(options), listed(std::move(parts)...)} {}

    /// The next question, or nothing when all parts have ended. Throws `aha::error` for a row that has the field
    /// already, with another value.
    std::optional<prompt> next();

    state save() const;

    /// Goes back to a saved place. Throws `aha::error` if that is a place in another mixture. A part that refuses its
    /// own place leaves those before it where they were saved.
    void load(const state& saved);

private:
    /// The part of a random key that says "which source".
    static constexpr std::uint64_t stream = detail::order_stream + 16;

    template <class... Parts>
    static std::vector<mixed_part> listed(Parts... parts) {
        std::vector<mixed_part> all;
        (all.push_back(std::move(parts)), ...);
        return all;
    }

    static std::string key(std::size_t part) { return "part" + std::to_string(part); }

    nlohmann::json described() const;

    /// The part that a number in [0, 1) falls on, of those that have not ended; nothing if all have.
    std::optional<std::size_t> draw(double uniform) const;

    prompt marked(prompt question, std::size_t part) const;

    mixed_prompts_options options_;
    std::vector<mixed_part> parts_;
    std::vector<bool> ended_;
    std::int64_t drawn_ = 0;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/data/mixed_prompts.ipp>
#endif
