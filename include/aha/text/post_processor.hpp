#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>
#include <aha/text/json_part.hpp>

/// What the "post_processor" of a tokenizer.json puts around one text: ids in order, and nothing where the text's own
/// stand. Known: TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, Sequence.
namespace aha::detail::tokenizing {

using token_frame = std::vector<std::optional<token_id>>;

/// A first and a last token, each ["[CLS]", id].
inline token_frame read_bert_frame(const json_part& part) {
    const auto id = [&](const char* key) {
        const json_part pair = part.at(key);
        require(pair.size() == 2, pair.place(), " has ", pair.size(), " parts, not a token and its id");
        return pair.item(1).id();
    };
    return {id("cls"), std::nullopt, id("sep")};
}

/// Tokens and the text, in the order of "single".
inline token_frame read_template_frame(const json_part& part) {
    token_frame frame;
    const json_part list = part.at("single");
    for (std::size_t i = 0; i < list.size(); ++i) {
        const json_part piece = list.item(i);
        if (const auto special = piece.find("SpecialToken")) {
            const json_part ids = part.at("special_tokens").at(special->at("id").text()).at("ids");
            for (std::size_t n = 0; n < ids.size(); ++n) frame.push_back(ids.item(n).id());
        } else {
            const json_part name = piece.at("Sequence").at("id");
            require(name.text() == "A", name.place(), " is ", shown(name.text()), ", not the one text, \"A\"");
            frame.push_back(std::nullopt);
        }
    }
    return frame;
}

/// What a post-processor puts around one text. Throws `aha::error` naming what is wrong or not supported.
inline token_frame read_frame(const json_part& part) {
    const std::string& type = part.at("type").text();
    token_frame frame{std::nullopt};
    if (type == "Sequence") {
        const json_part list = part.at("processors");
        for (std::size_t i = 0; i < list.size(); ++i) {
            const token_frame inner = std::exchange(frame, {});
            for (const auto& outer : read_frame(list.item(i)))
                if (outer) frame.push_back(outer);
                else frame.insert(frame.end(), inner.begin(), inner.end());
            require(frame.size() <= 1000, part.place(), " puts more than 1000 tokens around a text");
        }
    } else if (type == "TemplateProcessing") {
        frame = read_template_frame(part);
    } else if (type == "BertProcessing" || type == "RobertaProcessing") {
        frame = read_bert_frame(part);
    } else {
        require(type == "ByteLevel", part.place(), ": the post-processor ", shown(type),
                " is not supported (only TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel and "
                "Sequence)");
    }
    require(frame.size() <= 1000, part.place(), " puts more than 1000 tokens around a text");
    return frame;
}

}  // namespace aha::detail::tokenizing
