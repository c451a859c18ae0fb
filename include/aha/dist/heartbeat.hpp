#pragma once

#include <atomic>
#include <c10/util/intrusive_ptr.h>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <utility>
#include <vector>

namespace aha {

/// Says twice a second on the ranks' store that this rank lives and how many joint calls it has begun; when a joint
/// call fails, tells from what the others said which of them is to blame.
class heartbeat {
public:
    static constexpr std::chrono::milliseconds period{500};  ///< between two beats

    /// @param store a connection of its own
    heartbeat(c10::intrusive_ptr<c10d::Store> store, int rank, int size)
        : store_{std::move(store)},
          rank_{rank},
          size_{size},
          thread_{[this](const std::stop_token& end) { beat(end); }} {}

    /// This rank begins a joint call.
    void begin_call() { ++calls_; }

    /// The ranks whose beats stopped, as a sentence, or nothing; asks the store at most once in twenty periods. For
    /// calls that would wait for the dead.
    std::string lost() {
        const auto now = std::chrono::steady_clock::now();
        if (now - asked_ < period * 20) return {};
        asked_ = now;
        try {
            const std::map<int, beats> before = std::exchange(heard_, read());
            std::vector<int> quiet;
            for (const auto& [rank, then] : before)
                if (rank != rank_ && heard_[rank].count == then.count) quiet.push_back(rank);
            return quiet.empty() ? std::string{} : gone(quiet) + stops();
        } catch (const std::exception&) {
            return no_place() + stops();
        }
    }

    /// Who did not join the call that was begun last and failed with `problem`: a sentence. Takes four periods.
    std::string verdict(const std::string& problem) const {
        std::ostringstream said;
        try {
            const std::map<int, beats> before = read();
            std::this_thread::sleep_for(period * 4);
            const std::map<int, beats> after = read();
            std::vector<int> quiet, behind;
            for (int r = 0; r < size_; ++r) {
                if (r == rank_) continue;
                const auto then = before.find(r), now = after.find(r);
                if (now == after.end() || (then != before.end() && then->second.count == now->second.count))
                    quiet.push_back(r);
                else if (now->second.calls < calls_) behind.push_back(r);
            }
            if (!quiet.empty()) said << gone(quiet);
            else if (!behind.empty())
                said << names(behind) << " of " << size_ << (behind.size() > 1 ? " hang" : " hangs")
                     << ": alive, but not joining the others";
            else said << "the ranks lost one another: " << problem;
        } catch (const std::exception&) {
            said.str(no_place());
        }
        return said.str() + stops();
    }

private:
    struct beats {
        std::uint64_t count = 0, calls = 0;
    };

    static std::string key(int rank) { return "beat/" + std::to_string(rank); }

    static std::string names(const std::vector<int>& ranks) {
        std::string text = ranks.size() > 1 ? "ranks " : "rank ";
        for (std::size_t i = 0; i < ranks.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(ranks[i]);
        return text;
    }

    std::string gone(const std::vector<int>& quiet) const {
        return names(quiet) + " of " + std::to_string(size_) + (quiet.size() > 1 ? " are" : " is") +
               " lost: the process ended or its machine is gone";
    }
    static std::string no_place() {
        return "the place where the ranks meet is gone, and with it the first rank or the launcher";
    }
    std::string stops() const { return "; rank " + std::to_string(rank_) + " stops"; }

    std::map<int, beats> read() const {
        std::map<int, beats> all;
        for (int r = 0; r < size_; ++r) {
            if (!store_->check({key(r)})) continue;
            const std::vector<std::uint8_t> bytes = store_->get(key(r));
            std::istringstream text{std::string{bytes.begin(), bytes.end()}};
            text >> all[r].count >> all[r].calls;
        }
        return all;
    }

    void beat(const std::stop_token& end) {
        std::mutex mutex;
        std::condition_variable_any wake;
        for (std::uint64_t count = 1; !end.stop_requested(); ++count) {
            const std::string text = std::to_string(count) + " " + std::to_string(calls_.load());
            try {
                store_->set(key(rank_), std::vector<std::uint8_t>{text.begin(), text.end()});
            } catch (const std::exception&) {
                return;  // nobody is left to tell; joint calls fail by themselves
            }
            std::unique_lock lock{mutex};
            wake.wait_for(lock, end, period, [] { return false; });
        }
    }

    c10::intrusive_ptr<c10d::Store> store_;
    int rank_, size_;
    std::atomic<std::uint64_t> calls_{0};
    std::chrono::steady_clock::time_point asked_{};
    std::map<int, beats> heard_;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace aha
