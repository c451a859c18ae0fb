#pragma once

#include <charconv>
#include <cstdlib>
#include <string_view>

#include <aha/dist/rank_environment.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail {

AHA_INLINE std::string environment_text(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

/// The whole number in an environment variable. Throws `aha::error` naming the variable if it is none.
inline int environment_number(const char* name, int least, int most) {
    const std::string text = environment_text(name);
    require(!text.empty(), "the environment says that this is one of several processes, but ", name, " is not set");
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    require(problem == std::errc{} && end == text.data() + text.size() && value >= least && value <= most, name, "=",
            text, " is not a number from ", least, " to ", most);
    return value;
}

/// The first host of Slurm's list: "node[07-09,12],gpu1" begins with "node07".
inline std::string first_host(std::string_view list) {
    const std::size_t bracket = list.find_first_of("[,");
    std::string host{list.substr(0, bracket)};
    if (bracket == std::string_view::npos || list[bracket] == ',') return host;
    const std::string_view numbers = list.substr(bracket + 1);
    host += numbers.substr(0, numbers.find_first_of("-,]"));
    return host;
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE rank_environment read_rank_environment() {
    using detail::environment_number;
    using detail::environment_text;
    constexpr int most_ranks = 1 << 20, most_port = 65535;
    rank_environment found;
    if (!environment_text("WORLD_SIZE").empty()) {
        found.size = environment_number("WORLD_SIZE", 1, most_ranks);
        if (found.size == 1) return found;
        found.rank = environment_number("RANK", 0, found.size - 1);
        found.local_rank = environment_text("LOCAL_RANK").empty() ? 0 : environment_number("LOCAL_RANK", 0, most_ranks);
        found.address = environment_text("MASTER_ADDR");
        require(!found.address.empty(), "this is rank ", found.rank, " of ", found.size,
                ", but MASTER_ADDR is not set: where do they meet?");
        found.port = environment_number("MASTER_PORT", 1, most_port);
        found.launcher_hosts = environment_text("TORCHELASTIC_USE_AGENT_STORE") == "True";
        found.attempt = environment_text("TORCHELASTIC_RESTART_COUNT");
        return found;
    }
    if (environment_text("SLURM_STEP_ID").empty() || environment_text("SLURM_STEP_NUM_TASKS").empty()) return found;
    found.size = environment_number("SLURM_STEP_NUM_TASKS", 1, most_ranks);
    if (found.size == 1) return found;
    found.rank = environment_number("SLURM_PROCID", 0, found.size - 1);
    found.local_rank = environment_number("SLURM_LOCALID", 0, most_ranks);
    found.address = environment_text("MASTER_ADDR");
    if (found.address.empty()) found.address = detail::first_host(environment_text("SLURM_STEP_NODELIST"));
    require(!found.address.empty(), "SLURM_STEP_NODELIST names no host, and MASTER_ADDR is not set");
    constexpr int first_port = 20000, ports = 20000;
    found.port = environment_text("MASTER_PORT").empty()
                     ? first_port + environment_number("SLURM_JOB_ID", 0, 1 << 30) % ports
                     : environment_number("MASTER_PORT", 1, most_port);
    found.attempt = environment_text("SLURM_STEP_ID") + "." + environment_text("SLURM_RESTART_COUNT");
    return found;
}

}  // namespace aha
