#pragma once

#include <cstdint>
#include <string>

#include <aha/core/json.hpp>

namespace aha {

/// A row of a data set as read, and where it stands.
struct data_row {
    std::int64_t index = 0;        ///< position in the data set, counted from 0
    std::string where;             ///< "FILE:LINE": how messages about it begin
    json fields = json::object();  ///< the row as it was read
};

}  // namespace aha
