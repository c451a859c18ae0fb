#pragma once

#include <cstdint>

namespace aha {

/// Which tokens may be drawn, and how likely each is: what `pick_token` on the processor and the kernel `pick_rows` on
/// a GPU both obey.
struct sampling_rule {
    double temperature = 1;           ///< divides the logits; 0 is greedy
    std::int64_t top_k = 0;           ///< keep the k likeliest tokens; 0 keeps all
    double top_p = 1;                 ///< keep the likeliest tokens up to this mass; 1 keeps all
    double min_p = 0;                 ///< keep tokens at least this share of the likeliest one's probability
    std::int64_t min_new_tokens = 0;  ///< end tokens are not drawn before this many tokens
    bool operator==(const sampling_rule&) const = default;

    /// Whether the likeliest token is taken and none is drawn.
    constexpr bool greedy() const { return temperature == 0; }

    /// What multiplies the logits; 1 where greedy.
    constexpr double inverse_temperature() const { return greedy() ? 1.0 : 1 / temperature; }

    /// Whether end tokens may be drawn after `drawn` tokens.
    constexpr bool may_end(std::int64_t drawn) const { return drawn >= min_new_tokens; }

    /// Whether tokens are kept by their order, and not by their own probability alone.
    constexpr bool cuts_by_order() const { return top_k > 0 || top_p < 1; }

    /// Whether tokens are cut off.
    constexpr bool cuts() const { return cuts_by_order() || min_p > 0; }

    /// Cuts tokens off, in the order of transformers: top-k, top-p of the mass that is left, min-p.
    /// @param tokens those at the temperature, with `keep_count(k)`, `keep_mass(share)` and `keep_at_least(share of the
    /// likeliest token's mass)`
    template <class Tokens>
    constexpr void cut(Tokens& tokens) const {
        if (top_k > 0) tokens.keep_count(top_k);
        if (top_p < 1) tokens.keep_mass(top_p);
        if (min_p > 0) tokens.keep_at_least(min_p);
    }
};

}  // namespace aha
