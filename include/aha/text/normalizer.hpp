#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/nfc.hpp>
#include <aha/text/oniguruma.hpp>
#include <aha/text/regex.hpp>

namespace aha {

namespace detail::tokenizing {

/// The pattern of a Split or Replace: {"String": ...} or {"Regex": ...}.
inline regex pattern_of(const json_part& part) {
    if (const auto text = part.find("String")) return regex{regex::quoted(text->text())};
    const json_part pattern = part.at("Regex");
    try {
        return regex{oniguruma_to_pcre2{pattern.text()}.take()};
    } catch (const error& wrong) {
        fail(pattern.place(), ": ", wrong.what());
    }
}

}  // namespace detail::tokenizing

/// What a tokenizer does to a text before it looks at it. Known: NFC, Prepend, Replace, Sequence, and none.
class normalizer {
public:
    /// Changes nothing.
    normalizer() = default;

    /// As the "normalizer" of a tokenizer.json says. Throws `aha::error` naming what is wrong or not supported.
    explicit normalizer(const detail::tokenizing::json_part& part) { add(part); }

    /// `text` is UTF-8, and so is the result.
    std::string operator()(std::string text) const {
        for (const auto& step : steps_) text = step(std::move(text));
        return text;
    }

private:
    void add(const detail::tokenizing::json_part& part) {
        const std::string& type = part.at("type").text();
        if (type == "Sequence") {
            const auto list = part.at("normalizers");
            for (std::size_t i = 0; i < list.size(); ++i) add(list.item(i));
        } else if (type == "NFC") {
            steps_.emplace_back([](const std::string& text) { return to_nfc(text); });
        } else if (type == "Prepend") {
            steps_.emplace_back([head = part.at("prepend").text()](const std::string& text) {
                return text.empty() ? text : head + text;
            });
        } else if (type == "Replace") {
            steps_.emplace_back([pattern = detail::tokenizing::pattern_of(part.at("pattern")),
                                 content = part.at("content").text()](const std::string& text) {
                std::string result;
                std::size_t end = 0;
                for (const text_span match : pattern.matches(text)) {
                    result.append(text, end, match.begin - end).append(content);
                    end = match.end;
                }
                return result.append(text, end);
            });
        } else {
            fail(part.place(), ": the normalizer ", detail::tokenizing::shown(type),
                 " is not supported (only NFC, Prepend, Replace and Sequence)");
        }
    }

    std::vector<std::function<std::string(std::string)>> steps_;
};

}  // namespace aha
