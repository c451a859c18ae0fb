#pragma once

#include <cstdint>

#include <aha/io/examples_file.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/strict_json.hpp>

namespace aha {

AHA_INLINE void examples_file::on_step(const step_report& report) {
    if (!report.groups) return;
    std::string lines;
    for (const rollout_group& group : *report.groups)
        for (std::size_t i = 0; i < group.completions.size(); ++i) {
            const completion& said = group.completions[i];
            nlohmann::ordered_json line = {
                {"step", report.step}, {"prompt_index", group.prompt.index}, {"sample_index", i}};
            add_prompt(line, group.prompt);
            line["completion"] = said.text;
            line["finish_reason"] = to_string(said.finish);
            if (i < group.scores.size()) line["reward"] = group.scores[i].value;
            line["row"] = group.prompt.fields;
            try {
                lines += detail::dump_row(line) + '\n';
            } catch (const nlohmann::json::exception&) {
                fail("a completion of prompt ", group.prompt.index, " is not UTF-8 and cannot be written to ",
                     lines_.path());
            }
        }
    lines_.append(report.step, lines);
}

AHA_INLINE void examples_file::add_prompt(nlohmann::ordered_json& line, const prompt& asked) const {
    const std::string text = prompt_text_ ? prompt_text_(asked) : asked.text;
    require(!text.empty() || (!prompt_text_ && !asked.ids.empty()), "prompt ", asked.index,
            " has no text, so nothing that is written to ", lines_.path(), " could be learned");
    if (text.empty()) line["prompt_ids"] = asked.ids;
    else line["prompt"] = text;
    if (!text.empty() && !prompt_text_ && asked.templated) line["templated"] = true;
}

}  // namespace aha
