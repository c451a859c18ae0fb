#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <aha/core/dialogue.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>

namespace aha::detail {

/// A JSON row that is taken for a shape. Every error is an `aha::error` that begins "FILE:LINE: taken for SHAPE: ", or
/// "FILE:LINE: " without a shape.
class row_fields {
public:
    row_fields(const json& row, const std::string& where, std::string_view shape);

    template <class... Parts>
    [[noreturn]] void wrong(const Parts&... parts) const {
        fail(start_, parts...);
    }

    bool has(const std::string& key) const { return row_.contains(key); }

    const json& at(const std::string& key) const;

    /// A text or a list of messages, not empty.
    text_or_turns text_or_turns_at(const std::string& key) const;

    std::vector<message> turns_at(const std::string& key) const;

    /// What the row gives a chat template besides messages: "tools" (a list, or JSON in a text, as data sets store it)
    /// and the entries of "chat_template_kwargs". A null is no value.
    json template_variables() const;

    /// What answers `prompt`, in its form: a text that answers turns is the assistant's turn, but turns cannot answer a
    /// text, and begin with the assistant's.
    text_or_turns answer_at(const std::string& key, const text_or_turns& prompt) const;

    /// An answer begins where the assistant speaks.
    void check_assistant(const std::vector<message>& said, const std::string& key) const;

private:
    std::vector<message> turns(const json& list, const std::string& key) const;

    /// The text of a message: of a list of parts their texts, of a missing content nothing. Templates are given the
    /// content as it was read.
    std::string content_of(const json& one, const std::string& name) const;

    static bool holds_more_than_text(const json& one);

    const json& row_;
    std::string start_;
};

}  // namespace aha::detail

#ifndef AHA_COMPILED
#include <aha/data/row_fields.ipp>
#endif
