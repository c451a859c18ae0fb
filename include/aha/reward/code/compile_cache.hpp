#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace aha::code {

/// A program as the compiler left it.
struct compiled_program {
    std::shared_ptr<const std::string> bytes{};  ///< nothing: it cannot be compiled
    std::string errors{};                        ///< why not
    bool out_of_time = false;                    ///< the compiler took too long
};

/// Compiled programs by their texts, the ones used last, up to a number of bytes. Who asks for one that another thread
/// is compiling waits for that one.
class compile_cache {
public:
    explicit compile_cache(std::int64_t most_bytes) : most_bytes_{most_bytes} {}

    /// The program of this text, by `compile` unless it is kept. What `compile` throws reaches all who wait for it, and
    /// is not kept.
    compiled_program get(const std::string& text, const std::function<compiled_program()>& compile) {
        std::promise<compiled_program> promise;
        std::shared_future<compiled_program> kept;
        bool mine = false;
        {
            const std::lock_guard lock{guard_};
            const auto found = places_.find(text);
            mine = found == places_.end();
            if (mine) {
                kept = promise.get_future().share();
                entries_.push_front({text, kept, 0});
                places_[text] = entries_.begin();
            } else {
                entries_.splice(entries_.begin(), entries_, found->second);
                kept = found->second->program;
            }
        }
        if (mine) {
            try {
                compiled_program made = compile();
                const auto bytes =
                    static_cast<std::int64_t>(text.size() + made.errors.size() + (made.bytes ? made.bytes->size() : 0));
                promise.set_value(std::move(made));
                keep(text, bytes);
            } catch (...) {
                promise.set_exception(std::current_exception());
                const std::lock_guard lock{guard_};
                drop(text);
            }
        }
        return kept.get();
    }

private:
    struct entry {
        std::string text;
        std::shared_future<compiled_program> program;
        std::int64_t bytes;  // 0: being compiled
    };

    void keep(const std::string& text, std::int64_t bytes) {
        const std::lock_guard lock{guard_};
        if (const auto found = places_.find(text); found != places_.end()) {
            found->second->bytes = bytes;
            bytes_ += bytes;
        }
        for (auto last = entries_.end(); bytes_ > most_bytes_ && last != entries_.begin();) {
            --last;
            if (last->bytes == 0) continue;
            const std::string old = last->text;
            ++last;
            drop(old);
        }
    }

    void drop(const std::string& text) {
        const auto found = places_.find(text);
        if (found == places_.end()) return;
        bytes_ -= found->second->bytes;
        entries_.erase(found->second);
        places_.erase(found);
    }

    std::int64_t most_bytes_;
    std::int64_t bytes_ = 0;
    std::mutex guard_;
    std::list<entry> entries_;  // the one used last first
    std::map<std::string, std::list<entry>::iterator> places_;
};

}  // namespace aha::code
