#pragma once

#include <filesystem>
#include <glob.h>
#include <vector>

namespace aha {

/// The files that a path to JSON lines stands for, in the order in which they are read:
///
/// - a folder's, whose names end in .jsonl, .ndjson or .json, or in one of these and .gz or .zst, but do not begin with
///   a dot; not those of its subfolders;
/// - those that match, where nothing has this name and it is a pattern with *, ? or [ (glob(7));
/// - otherwise the path alone.
///
/// The order is that of the names' bytes, so part-10 comes before part-2: name them part-02. Throws `aha::error` if a
/// folder or a pattern has none.
std::vector<std::filesystem::path> jsonl_shards(const std::filesystem::path& path);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/data/shards.ipp>
#endif
