#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <aha/files/atomic_file.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/files/strict_json.hpp>
#include <aha/files/append_file.hpp>
#include <aha/files/set_aside.hpp>

namespace aha::detail {

/// A file of JSON lines that each have a "step", written in the order of steps, so that a resumed run's file becomes
/// that of a run that was never interrupted.
class step_lines {
public:
    explicit step_lines(std::filesystem::path path) : path_{std::move(path)} {}

    /// Gets ready for the step after `done`. A resumed run (`done` > 0) keeps the lines up to that step and drops those
    /// beyond, which its killed predecessor wrote after the checkpoint, and a last line that was cut short. A fresh run
    /// renames the file of the run before, if there is one, to NAME.replaced-1. Makes the folder.
    /// Throws `aha::error` naming the file, and the line if one is no line of ours.
    void start(std::int64_t done) {
        out_.reset();
        std::error_code wrong;
        if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), wrong);
        if (std::filesystem::exists(path_, wrong)) {
            if (done > 0) keep_until(done);
            else if (std::filesystem::file_size(path_, wrong) > 0) set_aside(path_);
        }
        out_.emplace(path_);
    }

    /// Appends the lines of `step`; without a `start` before, starts at that step.
    void append(std::int64_t step, const std::string& lines) {
        if (!out_) start(step - 1);
        out_->append(lines);
    }

    const std::filesystem::path& path() const { return path_; }

private:
    void keep_until(std::int64_t done) const {
        std::ifstream in{path_, std::ios::binary};
        require(in.is_open(), "cannot read ", path_, ": ", std::strerror(errno));
        atomic_file kept{path_};
        bool as_it_is = true;
        std::int64_t number = 0;
        for (std::string line; std::getline(in, line);) {
            ++number;
            const bool ended = !in.eof(), last = !ended || in.peek() == std::ifstream::traits_type::eof();
            const std::optional<std::int64_t> step = step_of(line);
            require(step || last, path_.string(), ":", number,
                    ": not a line with a step, so the file cannot be continued");
            const bool keep = step && *step <= done;
            if (keep) kept.write(line += '\n');
            as_it_is = as_it_is && keep && ended;
        }
        require(!in.bad(), "cannot read ", path_, " after line ", number);
        if (!as_it_is) kept.commit();
    }

    /// The step that a line names, if it does. A row in it may have Python's numbers.
    static std::optional<std::int64_t> step_of(const std::string& line) {
        try {
            const auto value = parse_strict_json<json>(line, "line", json_numbers::as_python);
            const auto step = value.find("step");
            if (step != value.end() && step->is_number_integer()) return step->get<std::int64_t>();
        } catch (const error&) {
            return std::nullopt;  // cut short, or not ours
        }
        return std::nullopt;
    }

    std::filesystem::path path_;
    std::optional<append_file> out_;
};

}  // namespace aha::detail
