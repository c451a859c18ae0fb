#pragma once

#include <functional>
#include <string>

#include <aha/core/error.hpp>

namespace aha::test {

/// What the `aha::error` that `call` throws says; "no complaint" if it throws none.
inline std::string complaint(const std::function<void()>& call) {
    try {
        call();
    } catch (const error& problem) {
        return problem.what();
    }
    return "no complaint";
}

}  // namespace aha::test
