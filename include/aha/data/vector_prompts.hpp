#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/core/state_values.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha {

/// In what order the prompts come.
struct vector_prompts_options {
    bool shuffle = true;      ///< a new order each epoch; false: as given
    std::uint64_t seed = 0;   ///< of the order
    std::int64_t epochs = 0;  ///< times through; 0: for ever
};

/// Questions that the program has at hand, a prompt source. `prompt::index` is counted anew: place in the vector, plus
/// the number of prompts for each epoch before.
class vector_prompts {
public:
    /// Throws `aha::error` if there are none.
    explicit vector_prompts(std::vector<prompt> prompts, const vector_prompts_options& options = {})
        : prompts_{std::move(prompts)},
          order_{"the vector of prompts", prompts_.size(), checksum(prompts_),
                 detail::shuffled_order::options{options.shuffle, options.seed, options.epochs}} {}

    /// Bare texts.
    explicit vector_prompts(const std::vector<std::string>& texts, const vector_prompts_options& options = {})
        : vector_prompts{of(texts), options} {}

    /// The next question, or nothing after the last epoch.
    std::optional<prompt> next() {
        const auto place = order_.next();
        if (!place) return std::nullopt;
        prompt question = prompts_[place->row];
        question.index = place->index;
        return question;
    }

    state_values save() const { return order_.save(); }

    /// Goes back to a saved place. Throws `aha::error` if that is a place among other prompts.
    void load(const state_values& saved) { order_.load(saved); }

    /// How many prompts there are.
    std::size_t size() const { return prompts_.size(); }

private:
    static std::vector<prompt> of(const std::vector<std::string>& texts) {
        std::vector<prompt> prompts(texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i) prompts[i].text = texts[i];
        return prompts;
    }

    static std::uint64_t checksum(const std::vector<prompt>& prompts) {
        detail::fingerprint sum;
        for (const prompt& p : prompts) {
            sum.add(p.text);
            for (const token_id id : p.ids) sum.add(std::to_string(id));
            if (!p.messages.is_null())
                sum.add(p.messages.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
            sum.add(p.fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
        }
        return sum.value();
    }

    std::vector<prompt> prompts_;
    detail::shuffled_order order_;
};

}  // namespace aha
