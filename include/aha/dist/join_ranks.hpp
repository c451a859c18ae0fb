#pragma once

#include <c10/util/intrusive_ptr.h>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

#include <aha/core/error.hpp>
#include <aha/dist/c10d_backend.hpp>
#include <aha/dist/group_options.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/dist/rank_environment.hpp>

namespace aha {

/// A new connection to the store on which the ranks of `here` meet; the first rank keeps it unless the launcher does,
/// and does so until it ends. Throws `aha::error` naming the address if there is nobody after `patience`.
inline c10::intrusive_ptr<c10d::Store> rendezvous(const rank_environment& here, std::chrono::milliseconds patience) {
    const auto connect = [&](bool keep) {
        c10d::TCPStoreOptions options;
        options.port = static_cast<std::uint16_t>(here.port);
        options.isServer = keep;
        options.numWorkers = static_cast<std::size_t>(here.size);
        options.waitWorkers = false;
        options.timeout = patience;
        return c10::make_intrusive<c10d::TCPStore>(here.address, options);
    };
    try {
        // A process that is one of several is so once: what it keeps for the others it keeps until it ends.
        if (here.rank == 0 && !here.launcher_hosts) {
            static const c10::intrusive_ptr<c10d::Store> kept = connect(true);
        }
        return c10::make_intrusive<c10d::PrefixStore>("aha/" + here.attempt, connect(false));
    } catch (const std::exception& problem) {
        const std::string why = problem.what();
        fail("rank ", here.rank, " of ", here.size, " met nobody at ", here.address, ":", here.port, " within ",
             patience.count() / 1000, " s: ", why.substr(0, why.find('\n')));
    }
}

namespace detail {

/// Joins the ranks of `here`. Every rank makes its groups in the same order.
/// @param make the backend, of a store and a time limit for calls
template <class Make>
process_group join_ranks(const group_options& options, const rank_environment& here, const c10::Device& device,
                         const Make& make) {
    const auto milliseconds = [](double seconds) {
        return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
    };
    const c10::intrusive_ptr<c10d::Store> place = rendezvous(here, milliseconds(options.meeting_seconds));
    try {
        // Ranks make their groups in the same order, so the count of its groups names a group on every rank.
        const std::string group = std::to_string(place->add("groups/" + std::to_string(here.rank), 1));
        auto backend = make(c10::make_intrusive<c10d::PrefixStore>(group, place), milliseconds(options.call_seconds));
        auto heard =
            c10::make_intrusive<c10d::PrefixStore>(group, rendezvous(here, milliseconds(options.meeting_seconds)));
        return process_group{std::make_shared<c10d_backend>(std::move(backend), std::move(heard), device,
                                                            milliseconds(options.call_seconds))};
    } catch (const c10::Error& problem) {
        const std::string why = problem.what_without_backtrace();
        fail("rank ", here.rank, " of ", here.size, " could not join the others at ", here.address, ":", here.port,
             ": ", why.substr(0, why.find('\n')));
    }
}

}  // namespace detail
}  // namespace aha
