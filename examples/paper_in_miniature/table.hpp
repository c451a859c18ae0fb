#pragma once

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include <examples/paper_in_miniature/claims.hpp>

namespace miniature {

/// "0.51 -> 0.95, 0.48 -> 0.96"
inline std::string shown(const row& line, const std::vector<json>& seeds) {
    std::ostringstream text;
    for (std::size_t i = 0; i < seeds.size(); ++i) {
        const json& found = seeds[i].at("rows").at(line.id);
        char pair[64];
        std::snprintf(pair, sizeof pair, "%s%.3f -> %.3f", i == 0 ? "" : ", ", found.at("from").get<double>(),
                      found.at("to").get<double>());
        text << pair;
    }
    return text.str();
}

/// "yes", "no", or in how many of the seeds.
inline std::string verdict(const row& line, const std::vector<json>& seeds) {
    const auto holding = std::ranges::count_if(
        seeds, [&](const json& found) { return found.at("rows").at(line.id).at("holds").get<bool>(); });
    if (holding == std::ssize(seeds)) return "yes";
    if (holding == 0) return "no";
    return std::to_string(holding) + " of " + std::to_string(seeds.size());
}

/// A claim with what each seed found.
struct result {
    claim of;
    std::vector<json> seeds;
};

inline std::string markdown(const std::vector<result>& results) {
    std::string text = "| claim | paper | measured | here, by seed | holds when | holds |\n|---|---|---|---|---|---|\n";
    for (const result& one : results)
        for (const row& line : one.of.rows)
            text += "| " + line.text + " | " + line.paper + " | " + line.ours + " | " + shown(line, one.seeds) + " | " +
                    line.gate + " | " + verdict(line, one.seeds) + " |\n";
    return text;
}

inline json as_json(const std::vector<result>& results) {
    json all = json::array();
    for (const result& one : results)
        for (const row& line : one.of.rows) {
            json seeds = json::array();
            for (const json& found : one.seeds) seeds.push_back(found.at("rows").at(line.id));
            all.push_back({{"claim", line.text},
                           {"paper", line.paper},
                           {"measured", line.ours},
                           {"holds when", line.gate},
                           {"seeds", std::move(seeds)},
                           {"holds", verdict(line, one.seeds)}});
        }
    return all;
}

/// The table for a terminal: two lines a claim.
inline std::string plain(const std::vector<result>& results) {
    std::ostringstream text;
    for (const result& one : results)
        for (const row& line : one.of.rows)
            text << line.text << "  (paper: " << line.paper << ")\n    " << line.ours << ": " << shown(line, one.seeds)
                 << "; " << line.gate << ": " << verdict(line, one.seeds) << '\n';
    return text.str();
}

}  // namespace miniature
