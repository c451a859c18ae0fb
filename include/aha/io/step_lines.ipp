#pragma once

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include <aha/io/step_lines.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/json.hpp>
#include <aha/files/atomic_file.hpp>
#include <aha/files/set_aside.hpp>
#include <aha/files/strict_json.hpp>

namespace aha::detail {

AHA_INLINE void step_lines::start(std::int64_t done) {
    out_.reset();
    std::error_code wrong;
    if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), wrong);
    if (std::filesystem::exists(path_, wrong)) {
        if (done > 0) keep_until(done);
        else if (std::filesystem::file_size(path_, wrong) > 0) set_aside(path_);
    }
    out_.emplace(path_);
}

AHA_INLINE void step_lines::append(std::int64_t step, const std::string& lines) {
    if (!out_) start(step - 1);
    out_->append(lines);
}

AHA_INLINE void step_lines::keep_until(std::int64_t done) const {
    std::ifstream in{path_, std::ios::binary};
    require(in.is_open(), "cannot read ", path_, ": ", std::strerror(errno));
    atomic_file kept{path_};
    bool as_it_is = true;
    std::int64_t number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        const bool ended = !in.eof(), last = !ended || in.peek() == std::ifstream::traits_type::eof();
        const std::optional<std::int64_t> step = step_of(line);
        require(step || last, path_.string(), ":", number, ": not a line with a step, so the file cannot be continued");
        const bool keep = step && *step <= done;
        if (keep) kept.write(line += '\n');
        as_it_is = as_it_is && keep && ended;
    }
    require(!in.bad(), "cannot read ", path_, " after line ", number);
    if (!as_it_is) kept.commit();
}

AHA_INLINE std::optional<std::int64_t> step_lines::step_of(const std::string& line) {
    try {
        const auto value = parse_strict_json<json>(line, "line", json_numbers::as_python);
        const auto step = value.find("step");
        if (step != value.end() && step->is_number_integer()) return step->get<std::int64_t>();
    } catch (const error&) {
        return std::nullopt;  // cut short, or not ours
    }
    return std::nullopt;
}

}  // namespace aha::detail
