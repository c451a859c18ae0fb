#pragma once

#include <aha/text/pre_tokenizer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/token_id.hpp>

namespace aha {

AHA_INLINE cut_text pre_tokenizer::operator()(std::string text) const {
    return cut(detail::tokenizing::plain_text{std::move(text)}, true);
}

AHA_INLINE bool pre_tokenizer::looks_at_origins() const {
    return std::ranges::any_of(steps_, [](const step& next) {
        const auto* const sign = std::get_if<detail::tokenizing::metaspace_step>(&next);
        return sign != nullptr && sign->prepend == detail::tokenizing::metaspace_step::scheme::first;
    });
}

AHA_INLINE void pre_tokenizer::add(const detail::tokenizing::json_part& part) {
    namespace steps = detail::tokenizing;
    const std::string& type = part.at("type").text();
    // The patterns are those of the Rust library, in PCRE2's words (\s there is Unicode's White_Space).
    if (type == "Sequence") {
        const auto list = part.at("pretokenizers");
        for (std::size_t i = 0; i < list.size(); ++i) add(list.item(i));
    } else if (type == "ByteLevel") {
        if (part.flag("add_prefix_space", true)) steps_.emplace_back(steps::space_step{});
        if (part.flag("use_regex", true))
            add_split(regex{"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+|"
                            "\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+"},
                      behavior::isolated);
        steps_.emplace_back(steps::spell_step{});
    } else if (type == "Split") {
        add_split(steps::pattern_of(part.at("pattern")), steps::read_behavior(part.at("behavior")),
                  part.flag("invert", false));
    } else if (type == "Digits") {
        add_split(characters{characters::kind::number},
                  part.flag("individual_digits", false) ? behavior::isolated : behavior::contiguous);
    } else if (type == "WhitespaceSplit") {
        add_split(characters{characters::kind::white_space}, behavior::removed);
    } else if (type == "Whitespace") {
        const std::string word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200C}\\x{200D}";
        add_split(regex{"[" + word + "]+|[^" + word + "\\p{White_Space}]+"}, behavior::removed, true);
    } else if (type == "Punctuation") {
        const auto how = part.find("behavior");
        add_split(characters{characters::kind::punctuation}, how ? steps::read_behavior(*how) : behavior::isolated);
    } else if (type == "BertPreTokenizer") {
        add_split(characters{characters::kind::white_space}, behavior::removed);
        add_split(characters{characters::kind::punctuation}, behavior::isolated);
    } else if (type == "CharDelimiterSplit") {
        add_split(one(part.at("delimiter")), behavior::removed);
    } else if (type == "FixedLength") {
        const auto length = part.find("length");
        const token_id count = length ? length->id() : 5;
        require(count > 0, part.place(), ".length is 0: a word has at least one character");
        steps_.emplace_back(steps::length_step{static_cast<std::size_t>(count)});
    } else if (type == "Metaspace") {
        add_metaspace(part);
    } else {
        fail(part.place(), ": the pre-tokenizer ", steps::shown(type),
             " is not supported (only ByteLevel, Split, Digits, Whitespace, WhitespaceSplit, Punctuation, "
             "BertPreTokenizer, CharDelimiterSplit, FixedLength, Metaspace and Sequence)");
    }
}

AHA_INLINE void pre_tokenizer::add_split(std::variant<regex, characters> pattern, behavior how, bool invert) {
    steps_.emplace_back(detail::tokenizing::split_step{{std::move(pattern), how, invert}});
}

AHA_INLINE auto pre_tokenizer::one(const detail::tokenizing::json_part& part) -> characters {
    const utf8::unit first = utf8::unit_at(part.text(), 0);
    require(first.size > 0 && first.size == part.text().size(), part.place(), " is ",
            detail::tokenizing::shown(part.text()), ", not one character");
    return characters{characters::kind::one, first.code};
}

AHA_INLINE void pre_tokenizer::add_metaspace(const detail::tokenizing::json_part& part) {
    using scheme = detail::tokenizing::metaspace_step::scheme;
    const auto sign = one(part.at("replacement"));
    scheme prepend = scheme::always;
    const auto named = part.find("prepend_scheme");
    if (named) {
        const std::string& name = named->text();
        require(name == "always" || name == "first" || name == "never", named->place(), " is ",
                detail::tokenizing::shown(name), ", not always, first or never");
        prepend = name == "always" ? scheme::always : name == "first" ? scheme::first : scheme::never;
    }
    if (!part.flag("add_prefix_space", true)) {
        require(!named || prepend == scheme::never, part.place(),
                ".add_prefix_space is false, but prepend_scheme is not \"never\"");
        prepend = scheme::never;
    }
    steps_.emplace_back(detail::tokenizing::metaspace_step{utf8::encode(sign.code), prepend});
    if (part.flag("split", true)) add_split(sign, behavior::merged_with_next);
}

}  // namespace aha
