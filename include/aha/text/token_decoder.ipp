#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include <aha/text/token_decoder.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/normalizer.hpp>

namespace aha {

AHA_INLINE token_decoder::token_decoder() {
    steps_.push_back({detail::tokenizing::join_with_spaces{}});
    a_ = text_of({"a"}), b_ = text_of({"b"});
}

AHA_INLINE token_decoder::token_decoder(const detail::tokenizing::json_part& part) {
    add(part);
    if (!steps_.empty())
        if (auto* const first = std::get_if<detail::tokenizing::decode_byte_level>(&steps_.front().what))
            first->takes_bytes = true;
    try {
        a_ = text_of({"a"}), b_ = text_of({"b"});
    } catch (const error& wrong) {
        fail(part.place(), ": ", wrong.what());
    }
}

AHA_INLINE bool token_decoder::spells_bytes() const {
    return !steps_.empty() && std::holds_alternative<detail::tokenizing::decode_byte_level>(steps_.front().what);
}

AHA_INLINE std::string token_decoder::spelling(std::string_view token) const {
    return spells_bytes() ? detail::tokenizing::decode_byte_level::bytes_of(token) : std::string{token};
}

AHA_INLINE void token_decoder::stream::finish() {
    for (std::size_t i = 0; i < steps_->size(); ++i) {
        const step& s = (*steps_)[i];
        const auto next = [&](std::string_view part, bool begins) { give(i + 1, part, begins); };
        std::visit(
            [&](const auto& what) {
                if (states_[i].gathers) what.take(states_[i].own, std::exchange(states_[i].gathered, {}), true, next);
                what.finish(states_[i].own, next);
            },
            s.what);
        states_[i] = {};
    }
}

AHA_INLINE void token_decoder::stream::give(std::size_t i, std::string_view part, bool begins) {
    if (i == steps_->size()) {
        text_.append(part);
        return;
    }
    if ((*steps_)[i].gathers) {
        states_[i].gathers = true;
        states_[i].gathered.append(part);
        return;
    }
    std::visit(
        [&](const auto& what) {
            what.take(states_[i].own, part, begins, [&](std::string_view p, bool b) { give(i + 1, p, b); });
        },
        (*steps_)[i].what);
}

AHA_INLINE std::string token_decoder::bytes_of(std::string_view spelling) const {
    if (spells_bytes()) return std::string{spelling};
    for (const step& s : steps_)
        if (std::holds_alternative<detail::tokenizing::decode_byte_fallback>(s.what))
            if (const auto byte = detail::tokenizing::decode_byte_fallback::byte_of(spelling)) return {*byte};
    // Not behind itself: a decoder may leave out what is said twice.
    const bool behind_a = spelling != "a";
    const std::string& alone = behind_a ? a_ : b_;
    const std::string together = text_of({behind_a ? "a" : "b", spelling});
    return together.starts_with(alone) ? together.substr(alone.size()) : std::string{};
}

AHA_INLINE std::string token_decoder::text_of(std::initializer_list<std::string_view> spellings) const {
    stream s{*this};
    for (const std::string_view spelling : spellings) s.push(spelling);
    s.finish();
    return s.take();
}

AHA_INLINE void token_decoder::add(const detail::tokenizing::json_part& part) {
    namespace steps = detail::tokenizing;
    const std::string& type = part.at("type").text();
    if (type == "Sequence") {
        const auto list = part.at("decoders");
        for (std::size_t i = 0; i < list.size(); ++i) add(list.item(i));
        require(steps_.size() <= 1000, part.place(), " has more than 1000 steps");
    } else if (type == "ByteLevel") {
        steps_.push_back({steps::decode_byte_level{}, fused_});
        fused_ = true;
    } else if (type == "ByteFallback") {
        steps_.push_back({steps::decode_byte_fallback{}, fused_});
    } else if (type == "Fuse") {
        steps_.push_back({steps::decode_fuse{}});
        fused_ = true;
    } else if (type == "Strip") {
        steps_.push_back(
            {steps::decode_strip{character(part.at("content")), count(part.at("start")), count(part.at("stop"))}});
    } else if (type == "Replace") {
        steps::decode_replace replace{.content = part.at("content").text()};
        const auto pattern = part.at("pattern");
        if (const auto text = pattern.find("String")) replace.text = text->text();
        else replace.pattern = steps::pattern_of(pattern);
        const bool gathers = fused_ && !replace.by_character();
        steps_.push_back({std::move(replace), gathers});
    } else if (type == "Metaspace") {
        steps_.push_back({metaspace(part)});
    } else if (type == "WordPiece") {
        steps_.push_back({steps::decode_word_piece{part.at("prefix").text(), part.at("cleanup").flag()}, fused_});
    } else if (type == "BPEDecoder") {
        steps_.push_back({steps::decode_word_end{part.at("suffix").text()}, fused_});
    } else if (type == "CTC") {
        steps_.push_back({steps::decode_ctc{part.at("pad_token").text(), part.at("word_delimiter_token").text(),
                                            part.at("cleanup").flag()},
                          fused_});
    } else {
        fail(part.place(), ": the decoder ", steps::shown(type),
             " is not supported (only ByteLevel, ByteFallback, Fuse, Strip, Replace, Metaspace, WordPiece, "
             "BPEDecoder, CTC and Sequence)");
    }
}

AHA_INLINE std::string token_decoder::character(const detail::tokenizing::json_part& part) {
    const std::string& text = part.text();
    require(!text.empty() && utf8::unit_at(text, 0).size == text.size(), part.place(), " is ",
            detail::tokenizing::shown(text), ", not one character");
    return text;
}

AHA_INLINE std::size_t token_decoder::count(const detail::tokenizing::json_part& part) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(part.count(), std::numeric_limits<std::uint32_t>::max()));
}

AHA_INLINE detail::tokenizing::decode_metaspace token_decoder::metaspace(const detail::tokenizing::json_part& part) {
    const auto scheme = part.find("prepend_scheme");
    const std::string name = scheme ? scheme->text() : "always";
    require(name == "always" || name == "first" || name == "never", part.place(), ".prepend_scheme is ",
            detail::tokenizing::shown(name), ", not always, first or never");
    require(name == "never" || part.flag("add_prefix_space", true), part.place(),
            " says both that a text begins with a blank and that it does not");
    return {character(part.at("replacement")), name != "never"};
}

}  // namespace aha
