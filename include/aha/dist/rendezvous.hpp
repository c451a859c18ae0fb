#pragma once

#include <c10/util/intrusive_ptr.h>
#include <chrono>
#include <cstdint>
#include <string>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <aha/core/error.hpp>
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

}  // namespace aha
