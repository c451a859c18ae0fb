#pragma once

#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include <aha/recipe/stage.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/atomic_file.hpp>
#include <aha/files/crc32c.hpp>
#include <aha/version.hpp>

namespace aha {

AHA_INLINE stage::stage(const std::filesystem::path& chain, std::string name,
                        const std::map<std::string, std::filesystem::path>& inputs, nlohmann::json options)
    : folder_{chain / name}, name_{std::move(name)}, options_(std::move(options)) {
    for (const auto& [what, path] : inputs) inputs_[what] = {{"path", path.string()}, {"crc32c", checksum(path)}};
    std::error_code problem;
    std::filesystem::create_directories(folder_, problem);
    require(!problem, "cannot make the folder ", folder_, " of the stage ", name_, ": ", problem.message());
}

AHA_INLINE bool stage::done() const {
    if (!std::filesystem::exists(manifest_path())) return false;
    const nlohmann::json manifest = read();
    for (const auto& [what, mine, its] : {std::tuple{"inputs", inputs_, manifest.at("inputs")},
                                          std::tuple{"options", options_, manifest.at("options")}}) {
        const std::string change = difference(mine, its);
        require(change.empty(), "the stage ", name_, " in ", folder_, " was made with other ", what, " (", change,
                "); give another folder, or delete this one to make it again");
    }
    return true;
}

AHA_INLINE void stage::finish(const nlohmann::json& figures) const {
    const nlohmann::ordered_json manifest = {{"stage", name_},
                                             {"aha", std::string{version_string}},
                                             {"inputs", inputs_},
                                             {"options", options_},
                                             {"figures", figures}};
    write_atomically(manifest_path(),
                     manifest.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
    std::error_code ignored;
    std::filesystem::remove_all(checkpoints(), ignored);
}

AHA_INLINE nlohmann::json stage::read() const {
    std::ifstream in{manifest_path(), std::ios::binary};
    nlohmann::json manifest = nlohmann::json::parse(in, nullptr, false);
    require(manifest.is_object() && manifest.contains("inputs") && manifest.contains("options") &&
                manifest.contains("figures"),
            manifest_path(), " is damaged; delete it to run the stage ", name_, " again");
    return manifest;
}

AHA_INLINE nlohmann::json stage::checksum(const std::filesystem::path& path) {
    std::filesystem::path file = path;
    if (std::filesystem::is_directory(path))
        file = std::filesystem::exists(path / "manifest.json") ? path / "manifest.json"
                                                               : path.parent_path() / "manifest.json";
    if (!std::filesystem::is_regular_file(file) || std::filesystem::file_size(file) > (std::size_t{64} << 20))
        return nullptr;
    std::ifstream in{file, std::ios::binary};
    return crc32c(std::string{std::istreambuf_iterator<char>{in}, {}});
}

AHA_INLINE nlohmann::json stage::essence(nlohmann::json value) {
    if (value.is_object() && value.contains("path") && !value["crc32c"].is_null()) value.erase("path");
    return value;
}

AHA_INLINE std::string stage::difference(const nlohmann::json& mine, const nlohmann::json& its) {
    if (!mine.is_object() || !its.is_object()) return mine == its ? "" : its.dump() + " then, " + mine.dump() + " now";
    for (const auto& [key, value] : mine.items())
        if (!its.contains(key) || essence(its[key]) != essence(value))
            return key + ": " + (its.contains(key) ? its[key].dump() : "none") + " then, " + value.dump() + " now";
    for (const auto& [key, value] : its.items())
        if (!mine.contains(key)) return key + ": " + value.dump() + " then, none now";
    return "";
}

}  // namespace aha
