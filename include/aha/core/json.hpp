#pragma once

#include <nlohmann/json.hpp>

namespace aha {

/// The JSON of data rows. The keys of an object keep the order of the file: chat templates write tools and tool calls
/// in that order, so another one would be another prompt.
using json = nlohmann::ordered_json;

}  // namespace aha
