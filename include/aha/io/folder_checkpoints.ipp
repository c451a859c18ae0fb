#pragma once

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

#include <aha/io/folder_checkpoints.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/atomic_file.hpp>
#include <aha/files/atomic_folder.hpp>
#include <aha/files/crc32c.hpp>
#include <aha/files/mapped_file.hpp>
#include <aha/files/set_aside.hpp>
#include <aha/files/tensor_file.hpp>

namespace aha {

AHA_INLINE void folder_checkpoints_options::validate() const {
    require(keep > 0, "keep must be at least 1 checkpoint, not ", keep);
}

AHA_INLINE folder_checkpoints::folder_checkpoints(std::filesystem::path folder, folder_checkpoints_options options)
    : folder_{std::move(folder)}, options_{options} {
    options_.validate();
}

AHA_INLINE std::shared_ptr<const folder_lock> folder_checkpoints::hold() {
    auto lock = std::make_shared<const folder_lock>(folder_);
    held_ = lock;
    return lock;
}

AHA_INLINE void folder_checkpoints::save(std::int64_t step, const state& whole) {
    write(name_of(step), step, whole);
    std::int64_t kept = 0;
    const auto all = checkpoints();
    for (auto c = all.rbegin(); c != all.rend(); ++c) {
        if (c->first > step) detail::set_aside(c->second);
        else if (++kept > options_.keep) remove(c->second);
    }
}

AHA_INLINE void folder_checkpoints::save_best(std::int64_t step, const state& whole) {
    write(name_of(step, "best-"), step, whole);
    for (const auto& [older, path] : checkpoints("best-"))
        if (older != step) remove(path);
}

AHA_INLINE std::optional<std::pair<std::int64_t, state>> folder_checkpoints::load_best() const {
    const auto all = checkpoints("best-");
    if (all.empty()) return std::nullopt;
    return std::pair{all.rbegin()->first, read(all.rbegin()->first, all.rbegin()->second)};
}

AHA_INLINE void folder_checkpoints::set_aside_earlier() const {
    if (held_.expired()) folder_lock::check(folder_);
    for (const char* const kind : {"step-", "best-"})
        for (const auto& [step, path] : checkpoints(kind)) detail::set_aside(path);
}

AHA_INLINE std::optional<std::pair<std::int64_t, state>> folder_checkpoints::load_latest() const {
    const auto all = checkpoints();
    if (all.empty()) return std::nullopt;
    const auto& [step, folder] = *all.rbegin();
    try {
        return std::pair{step, read(step, folder)};
    } catch (const error& wrong) {
        if (all.size() == 1) throw;
        fail(wrong.what(), "; to go on from step ", std::next(all.rbegin())->first, " remove ", folder);
    }
}

AHA_INLINE std::optional<std::int64_t> folder_checkpoints::latest_step() const {
    const auto all = checkpoints();
    return all.empty() ? std::nullopt : std::optional{all.rbegin()->first};
}

AHA_INLINE state folder_checkpoints::load(const std::string& name) const {
    const auto all = checkpoints(name.starts_with("best-") ? "best-" : "step-");
    const auto found = std::ranges::find_if(all, [&](const auto& one) { return one.second.filename() == name; });
    require(found != all.end(), "there is no checkpoint ", name, " in ", folder_);
    return read(found->first, found->second);
}

AHA_INLINE void folder_checkpoints::write(const std::string& name, std::int64_t step, const state& whole) {
    require(step >= 0, "a checkpoint's step must be 0 or more, not ", step);
    const std::string values = values_of(name, step, whole);
    if (held_.expired()) folder_lock::check(folder_);
    remove_leftovers();
    {
        atomic_folder folder{folder_ / name};
        write_atomically(folder.workplace() / "state.json", values);
        detail::write_tensor_file(folder.workplace() / "tensors.bin", whole.tensors, {{"state.json", crc32c(values)}});
        folder.commit();
    }
}

AHA_INLINE std::string folder_checkpoints::name_of(std::int64_t step, const std::string& kind) {
    const std::string digits = std::to_string(step);
    return kind + std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
}

AHA_INLINE std::string folder_checkpoints::values_of(const std::string& name, std::int64_t step,
                                                     const state& whole) const {
    const nlohmann::json all = {{"format", "aha checkpoint 1"}, {"step", step}, {"values", whole.values}};
    try {
        std::string text = all.dump(1);
        if (nlohmann::json::parse(text) == all) return text + '\n';
    } catch (const nlohmann::json::exception&) {  // a text that is not UTF-8
    }
    fail("cannot write the checkpoint ", folder_ / name,
         ": a value of the state (NaN, an infinity, text that is not UTF-8) cannot be written as JSON");
}

AHA_INLINE state folder_checkpoints::read(std::int64_t step, const std::filesystem::path& folder) const {
    const std::filesystem::path values = folder / "state.json", tensors = folder / "tensors.bin";
    const mapped_file file{values};
    const std::string_view text{reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
    const detail::tensor_file data{tensors};
    require(data.index().value("state.json", nlohmann::json{}) == crc32c(text), values,
            " is damaged or was changed: its checksum is not the one in tensors.bin");
    const nlohmann::json all = nlohmann::json::parse(text, nullptr, false);
    require(all.is_object() && all.contains("values") && all.value("format", "") == "aha checkpoint 1", values,
            " is not the state of a checkpoint that this version can read");
    require(all.value("step", std::int64_t{-1}) == step, values, " is that of another step than its folder says");
    state whole;
    whole.tensors = data.tensors();
    whole.values = all["values"];
    return whole;
}

AHA_INLINE std::map<std::int64_t, std::filesystem::path> folder_checkpoints::checkpoints(
    const std::string& kind) const {
    std::map<std::int64_t, std::filesystem::path> found;
    for_each_entry([&](const std::filesystem::path& path) {
        const std::string name = path.filename().string();
        std::int64_t step = -1;
        if (!name.starts_with(kind)) return;
        const auto [end, wrong] = std::from_chars(name.data() + kind.size(), name.data() + name.size(), step);
        if (wrong == std::errc{} && step >= 0 && name == name_of(step, kind)) found[step] = path;
    });
    return found;
}

AHA_INLINE void folder_checkpoints::remove_leftovers() const {
    for_each_entry([](const std::filesystem::path& path) {
        const std::string name = path.filename().string();
        const std::size_t at = name.find(".partial-");
        if (!(name.starts_with("step-") || name.starts_with("best-")) || at == std::string::npos) return;
        long writer = 0;
        std::from_chars(name.data() + at + 9, name.data() + name.size(), writer);
        if (writer <= 0) return;
        const bool gone = ::kill(static_cast<pid_t>(writer), 0) != 0 && errno == ESRCH;
        if (gone || writer == ::getpid()) remove(path);
    });
}

AHA_INLINE void folder_checkpoints::remove(const std::filesystem::path& path) {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
}

}  // namespace aha
