#pragma once

#include <limits>
#include <set>

#include <aha/data/mixed_prompts.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/random.hpp>

namespace aha {

AHA_INLINE mixed_prompts::mixed_prompts(mixed_prompts_options options, std::vector<mixed_part> parts)
    : options_{std::move(options)}, parts_{std::move(parts)}, ended_(parts_.size()) {
    require(!parts_.empty(), "a mixture needs at least one part");
    std::set<std::string> names;
    for (const mixed_part& part : parts_)
        require(names.insert(part.name()).second, "two parts of the mixture are called \"", part.name(), "\"");
}

AHA_INLINE std::optional<prompt> mixed_prompts::next() {
    const random_stream random{{options_.seed, static_cast<std::uint64_t>(drawn_++), stream, 0}};
    for (std::uint64_t attempt = 0;; ++attempt) {
        const std::optional<std::size_t> part = draw(random.uniform(attempt));
        if (!part) return std::nullopt;
        if (std::optional<prompt> question = parts_[*part].next()) return marked(*std::move(question), *part);
        ended_[*part] = true;
    }
}

AHA_INLINE state mixed_prompts::save() const {
    state s;
    s.values = {{"drawn", drawn_}, {"seed", options_.seed}, {"ended", ended_}, {"parts", described()}};
    for (std::size_t i = 0; i < parts_.size(); ++i) s.put(key(i), parts_[i].save());
    return s;
}

AHA_INLINE void mixed_prompts::load(const state& saved) {
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

AHA_INLINE nlohmann::json mixed_prompts::described() const {
    auto list = nlohmann::json::array();
    for (const mixed_part& part : parts_) list.push_back({{"name", part.name()}, {"weight", part.weight()}});
    return list;
}

AHA_INLINE std::optional<std::size_t> mixed_prompts::draw(double uniform) const {
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

AHA_INLINE prompt mixed_prompts::marked(prompt question, std::size_t part) const {
    const std::string& name = parts_[part].name();
    const auto many = static_cast<std::int64_t>(parts_.size());
    require(question.index >= 0 && question.index < std::numeric_limits<std::int64_t>::max() / many - 1, "prompt ",
            question.index, " of \"", name, "\" has an index that cannot be told from other parts'");
    if (!options_.field.empty()) {
        const auto [place, added] = question.fields.emplace(options_.field, name);
        require(added || *place == name, "prompt ", question.index, " of \"", name, "\" has a field \"", options_.field,
                "\" of its own; name another for the mixture's");
    }
    question.index = question.index * many + static_cast<std::int64_t>(part);
    return question;
}

}  // namespace aha
