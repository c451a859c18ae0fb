#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace aha::detail {

/// What was made of texts, the ones used last, up to a number of bytes. Who asks for one that another thread is making
/// waits for that one.
template <class Result>
class result_cache {
public:
    /// @param most_bytes that texts and results may have together; 0 keeps nothing, but those who ask while a result is
    ///        made still share it
    explicit result_cache(std::int64_t most_bytes) : most_bytes_{most_bytes} {}

    /// The result of this text, by `make` unless it is kept. What `make` throws reaches all who wait for it, and is not
    /// kept.
    /// @param bytes_of says how many bytes a result has
    template <class Make, class BytesOf>
    Result get(const std::string& text, const Make& make, const BytesOf& bytes_of) {
        std::promise<Result> promise;
        std::shared_future<Result> kept;
        bool mine = false;
        {
            const std::lock_guard lock{guard_};
            const auto found = places_.find(text);
            mine = found == places_.end();
            if (mine) {
                kept = promise.get_future().share();
                entries_.push_front({text, kept, 0});
                places_.emplace(entries_.front().text, entries_.begin());
            } else {
                entries_.splice(entries_.begin(), entries_, found->second);
                kept = found->second->result;
            }
        }
        if (mine) {
            try {
                Result made = make();
                const auto bytes = static_cast<std::int64_t>(text.size() + 1) + bytes_of(made);
                promise.set_value(std::move(made));
                keep(text, bytes);
            } catch (...) {
                promise.set_exception(std::current_exception());
                const std::lock_guard lock{guard_};
                drop(places_.find(text));
            }
        }
        return kept.get();
    }

private:
    struct entry {
        std::string text;
        std::shared_future<Result> result;
        std::int64_t bytes;  // 0: being made
    };
    // A list leaves its elements where they are, so that the keys can be views of their texts.
    using places = std::map<std::string_view, typename std::list<entry>::iterator>;

    void keep(const std::string& text, std::int64_t bytes) {
        const std::lock_guard lock{guard_};
        const auto found = places_.find(text);  // it is there: nobody drops what is being made
        if (bytes > most_bytes_) return drop(found);
        found->second->bytes = bytes;
        bytes_ += bytes;
        for (auto last = entries_.end(); bytes_ > most_bytes_ && last != entries_.begin();) {
            --last;
            if (last->bytes == 0) continue;
            const auto old = last++;
            drop(places_.find(old->text));
        }
    }

    void drop(typename places::iterator found) {
        const auto dropped = found->second;
        bytes_ -= dropped->bytes;
        places_.erase(found);
        entries_.erase(dropped);
    }

    std::int64_t most_bytes_;
    std::int64_t bytes_ = 0;
    std::mutex guard_;
    std::list<entry> entries_;  // the one used last first
    places places_;
};

}  // namespace aha::detail
