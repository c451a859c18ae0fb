#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

/// What tests of rewards share.
namespace aha::reward_support {

inline completion saying(std::string text) {
    completion given;
    given.text = std::move(text);
    return given;
}

inline completion of_length(std::size_t tokens) {
    completion given;
    given.ids.assign(tokens, 7);
    return given;
}

/// The message of the `aha::error` that `call` throws; empty if it throws none.
template <class Call>
std::string message_of(const Call& call) {
    try {
        call();
        return "";
    } catch (const error& e) {
        return e.what();
    }
}

}  // namespace aha::reward_support
