#pragma once

#include <c10/util/intrusive_ptr.h>
#include <chrono>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#if defined(USE_C10D_GLOO) && __has_include(<gloo/context.h>)
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

#include <aha/core/error.hpp>
#include <aha/dist/meeting_place.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/dist/rank_environment.hpp>

namespace aha {

/// How long ranks wait for one another.
struct group_options {
    double meeting_seconds = 300;  ///< for all to have started
    double call_seconds = 1800;    ///< for the last to join a call: longer than the slowest rank's rollout and rewards

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(meeting_seconds > 0, "meeting_seconds must be positive, not ", meeting_seconds);
        require(call_seconds > 0, "call_seconds must be positive, not ", call_seconds);
    }
};

/// The ranks that a launcher started, joined by Gloo over TCP: a communicator for tensors on the CPU. One process where
/// no launcher did. Every rank makes its groups in the same order. The variable GLOO_SOCKET_IFNAME names the network
/// interface, else it is that of this machine's name. Throws `aha::error` if the others do not come, and for several
/// ranks in a program that was compiled without Gloo's headers (Debian's libgloo-dev) or without USE_C10D_GLOO, which
/// LibTorch's CMake target and aha's pkg-config file define.
inline process_group join_with_gloo(const group_options& options = {},
                                    const rank_environment& here = read_rank_environment()) {
    options.validate();
    if (here.size == 1) return {};
#if !defined(USE_C10D_GLOO) || !__has_include(<gloo/context.h>)
    fail("this is rank ", here.rank, " of ", here.size,
         ", but the program was compiled without Gloo: install Debian's ", "libgloo-dev and compile again");
#else
    const auto milliseconds = [](double seconds) {
        return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
    };
    const c10::intrusive_ptr<c10d::Store> place = open_meeting_place(here, milliseconds(options.meeting_seconds));
    try {
        // Ranks make their groups in the same order, so the count of its groups names a group on every rank.
        const std::string group = std::to_string(place->add("groups/" + std::to_string(here.rank), 1));
        const auto own = c10::make_intrusive<c10d::PrefixStore>(group, place);
        const auto gloo = c10d::ProcessGroupGloo::Options::create(milliseconds(options.call_seconds));
        const std::string card = detail::environment_text("GLOO_SOCKET_IFNAME");
        gloo->devices.push_back(card.empty() ? c10d::ProcessGroupGloo::createDefaultDevice()
                                             : c10d::ProcessGroupGloo::createDeviceForInterface(card));
        auto backend = c10::make_intrusive<c10d::ProcessGroupGloo>(own, here.rank, here.size, gloo);
        auto heard = c10::make_intrusive<c10d::PrefixStore>(
            group, open_meeting_place(here, milliseconds(options.meeting_seconds)));
        return process_group{std::move(backend), std::move(heard), c10::Device{c10::kCPU}};
    } catch (const c10::Error& problem) {
        const std::string why = problem.what_without_backtrace();
        fail("rank ", here.rank, " of ", here.size, " could not join the others at ", here.address, ":", here.port,
             ": ", why.substr(0, why.find('\n')));
    }
#endif
}

}  // namespace aha
