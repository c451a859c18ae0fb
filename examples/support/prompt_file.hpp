#pragma once

#include <cstdint>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/data/jsonl_rows.hpp>
#include <aha/rollout/prompt_reader.hpp>
#include <aha/data/row_prompt.hpp>

namespace example {

/// The prompts of a file or folder of JSON lines, as tokens; `prompt::index` counts rows from 0. Texts are read as they
/// are, messages through the model's chat template. Throws `aha::error` with file and line for one that the model
/// cannot read, and for a file without any; says on standard error how many were left out or cut.
/// @param completion_tokens what a completion may have: the room that a prompt leaves when it is cut
/// @param task what a row asks, in place of its field "prompt"
template <class Source>
std::vector<aha::prompt> read_prompts(const Source& source, const std::string& file,
                                      const aha::prompt_limits& limits = {}, std::int64_t completion_tokens = 1,
                                      const std::function<aha::prompt_text(const aha::json&)>& task = {}) {
    const aha::prompt_renderer plain{source.chat};
    const auto render = [&](const aha::data_row& row) {
        if (!task) return plain(row);
        aha::prompt made;
        made.index = row.index;
        made.fields = row.fields;
        try {
            aha::prompt_text read = task(row.fields);
            made.text = std::move(read.text);
            made.templated = read.templated;
        } catch (const aha::error& problem) {
            aha::fail(row.where, ": ", problem.what());
        }
        return made;
    };
    aha::prompt_fitter fit{source, limits, completion_tokens};
    std::vector<aha::prompt> prompts;
    for (const aha::data_row& row : aha::jsonl_rows{file})
        if (auto fitted = fit(render(row), row.where + ": ")) prompts.push_back(std::move(*fitted));
    if (fit.dropped() + fit.cut() > 0)
        std::cerr << file << ": " << fit.dropped() << " prompts were too long and left out, " << fit.cut() << " cut\n";
    aha::require(!prompts.empty(), file, " holds no prompts");
    return prompts;
}

}  // namespace example
