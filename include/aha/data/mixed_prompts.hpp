#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/prompt_source.hpp>
#include <aha/core/error.hpp>
#include <aha/core/random.hpp>
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
    mixed_prompts(mixed_prompts_options options, std::vector<mixed_part> parts)
        : options_{std::move(options)}, parts_{std::move(parts)}, ended_(parts_.size()) {
        require(!parts_.empty(), "a mixture needs at least one part");
        std::set<std::string> names;
        for (const mixed_part& part : parts_)
            require(names.insert(part.name()).second, "two parts of the mixture are called \"", part.name(), "\"");
    }

    template <std::same_as<mixed_part>... Parts>
        requires(sizeof...(Parts) > 0)
    explicit mixed_prompts(mixed_prompts_options options, Parts... parts)
        : mixed_prompts{std::move(options), listed(std::move(parts)...)} {}

    /// The next question, or nothing when all parts have ended. Throws `aha::error` for a row that has the field
    /// already, with another value.
    std::optional<prompt> next() {
        const random_stream random{{options_.seed, static_cast<std::uint64_t>(drawn_++), stream, 0}};
        for (std::uint64_t attempt = 0;; ++attempt) {
            const std::optional<std::size_t> part = draw(random.uniform(attempt));
            if (!part) return std::nullopt;
            if (std::optional<prompt> question = parts_[*part].next()) return marked(*std::move(question), *part);
            ended_[*part] = true;
        }
    }

    state save() const {
        state s;
        s.values = {{"drawn", drawn_}, {"seed", options_.seed}, {"ended", ended_}, {"parts", described()}};
        for (std::size_t i = 0; i < parts_.size(); ++i) s.put(key(i), parts_[i].save());
        return s;
    }

    /// Goes back to a saved place. Throws `aha::error` if that is a place in another mixture. A part that refuses its
    /// own place leaves those before it where they were saved.
    void load(const state& saved) {
        const std::string whose = "the mixture";
        detail::require_saved_seed(saved, options_.seed, whose);
        const nlohmann::json parts = saved.values.value("parts", nlohmann::json{});
        require(parts == described(), "the saved place is in a mixture of ", parts.dump(), ", but this one is of ",
                described().dump());
        const auto drawn = detail::saved_number(saved, "drawn", whose);
        require(drawn >= 0, "the saved place in ", whose, ", ", drawn, ", cannot be");
        const nlohmann::json ended = saved.values.value("ended", nlohmann::json{});
        bool flags = ended.is_array() && ended.size() == parts_.size();
        for (const nlohmann::json& one : ended) flags = flags && one.is_boolean();
        require(flags, "the saved place in ", whose, " does not say which of its parts have ended");
        for (std::size_t i = 0; i < parts_.size(); ++i) parts_[i].load(saved.part(key(i)));
        ended_ = ended.get<std::vector<bool>>();
        drawn_ = drawn;
    }

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

    nlohmann::json described() const {
        auto list = nlohmann::json::array();
        for (const mixed_part& part : parts_) list.push_back({{"name", part.name()}, {"weight", part.weight()}});
        return list;
    }

    /// The part that a number in [0, 1) falls on, of those that have not ended; nothing if all have.
    std::optional<std::size_t> draw(double uniform) const {
        double total = 0, below = 0;
        for (std::size_t i = 0; i < parts_.size(); ++i) total += ended_[i] ? 0 : parts_[i].weight();
        std::optional<std::size_t> last;
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            if (ended_[i]) continue;
            last = i;  // also where rounding leaves the sum short of the number
            below += parts_[i].weight();
            if (uniform * total < below) break;
        }
        return last;
    }

    prompt marked(prompt question, std::size_t part) const {
        const std::string& name = parts_[part].name();
        const auto many = static_cast<std::int64_t>(parts_.size());
        require(question.index >= 0 && question.index < std::numeric_limits<std::int64_t>::max() / many - 1, "prompt ",
                question.index, " of \"", name, "\" has an index that cannot be told from other parts'");
        if (!options_.field.empty()) {
            const auto [place, added] = question.fields.emplace(options_.field, name);
            require(added || *place == name, "prompt ", question.index, " of \"", name, "\" has a field \"",
                    options_.field, "\" of its own; name another for the mixture's");
        }
        question.index = question.index * many + static_cast<std::int64_t>(part);
        return question;
    }

    mixed_prompts_options options_;
    std::vector<mixed_part> parts_;
    std::vector<bool> ended_;
    std::int64_t drawn_ = 0;
};

}  // namespace aha
