#pragma once

#include <functional>
#include <utility>

namespace aha {

/// A joint call that was begun: the ranks work on it while this one goes on.
class collective {
public:
    collective() = default;
    /// @param finish waits for the call
    explicit collective(std::function<void()> finish) : finish_{std::move(finish)} {}

    /// Waits until it is done; its tensors may not be used before. Throws `aha::error` naming the rank that does not
    /// join.
    void wait() {
        if (finish_) std::exchange(finish_, {})();
    }

private:
    std::function<void()> finish_;
};

}  // namespace aha
