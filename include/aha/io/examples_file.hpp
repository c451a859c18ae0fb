#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include <aha/core/records.hpp>
#include <aha/core/report.hpp>
#include <aha/io/step_lines.hpp>

namespace aha {

/// An observer that writes the completions of a step's groups as a supervised data set, which `read_examples` reads:
/// JSON lines with `prompt` and `completion`, besides `finish_reason` (a completion that was cut, "length", is learned
/// without an end), `step`, `prompt_index`, `sample_index`, `reward` and the prompt's row under `row`, as it was read:
/// numbers that are not finite in Python's words, NaN and Infinity. A prompt without a text is written as its tokens,
/// `prompt_ids`; one that a chat template wrote is marked, `"templated": true`, since no tokenizer puts its first token
/// before it. A resumed run's file is that of a run which was never interrupted.
class examples_file {
public:
    /// @param path of the file
    /// @param prompt_text what to write as the prompt; by default what the model read. A data set for another template
    /// than the sampler's is made here.
    explicit examples_file(std::filesystem::path path, std::function<std::string(const prompt&)> prompt_text = {})
        : lines_{std::move(path)}, prompt_text_{std::move(prompt_text)} {}

    /// Throws `aha::error` naming the file if it cannot be written or continued.
    void on_start(const run_info& info) { lines_.start(info.start_step); }

    /// Throws `aha::error` naming the file, which then holds nothing of this step, if the disk is full, for text that
    /// is not UTF-8, which no reader would take back as it is, and for a prompt without text and tokens.
    void on_step(const step_report& report);

    /// The file.
    const std::filesystem::path& path() const { return lines_.path(); }

private:
    void add_prompt(nlohmann::ordered_json& line, const prompt& asked) const;

    detail::step_lines lines_;
    std::function<std::string(const prompt&)> prompt_text_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/io/examples_file.ipp>
#endif
