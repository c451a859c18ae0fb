#pragma once

#include <array>
#include <cstddef>
#include <unordered_map>

#include <aha/reward/language_consistency.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail {

/// Finds what in a text is no prose. Positions are asked for in ascending order.
class prose_reader {
public:
    explicit prose_reader(std::string_view text) : text_{text} {}

    /// One past the stretch of code, LaTeX or tag that begins at byte `at`; `at` itself if none does.
    std::size_t skipped(std::size_t at) {
        switch (text_[at]) {
            case '`': return code(at);
            case '$': return dollars(at);
            case '\\': return latex(at);
            case '<': return tag(at);
            default: return at;
        }
    }

private:
    static constexpr std::size_t none = std::string_view::npos;

    static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
    static bool is_white(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

    /// `mark`'s next place, looked for once only where there is none.
    std::size_t next(std::string_view mark, std::size_t from) {
        for (const auto& [missing, since] : missing_)
            if (missing == mark && from >= since) return none;
        const std::size_t found = text_.find(mark, from);
        if (found == none) missing_.push_back({mark, from});
        return found;
    }

    /// True if a paragraph ends between the two.
    bool across_paragraphs(std::size_t from, std::size_t to) const {
        return text_.substr(from, to - from).find("\n\n") != none;
    }

    /// Between three backquotes, to the end if they are not closed; between single ones within a paragraph.
    std::size_t code(std::size_t at) {
        if (text_.substr(at).starts_with("```")) {
            const std::size_t close = next("```", at + 3);
            return close == none ? text_.size() : close + 3;
        }
        const std::size_t close = next("`", at + 1);
        return close == none || across_paragraphs(at, close) ? at : close + 1;
    }

    /// $$...$$, or $...$ if, as in pandoc, no white space is inside the dollars and no digit after them: not prices.
    std::size_t dollars(std::size_t at) {
        if (text_.substr(at).starts_with("$$")) {
            const std::size_t close = next("$$", at + 2);
            return close == none ? at : close + 2;
        }
        std::size_t close = next("$", at + 1);
        while (close != none && text_[close - 1] == '\\') close = next("$", close + 1);
        if (close == none || across_paragraphs(at, close)) return at;
        const bool digit_after = close + 1 < text_.size() && text_[close + 1] >= '0' && text_[close + 1] <= '9';
        return is_white(text_[at + 1]) || is_white(text_[close - 1]) || digit_after ? at : close + 1;
    }

    /// \(...\), \[...\], an environment, or a command with its arguments.
    std::size_t latex(std::size_t at) {
        const std::string_view rest = text_.substr(at);
        if (rest.starts_with("\\(") || rest.starts_with("\\[")) {
            const std::size_t close = next(rest[1] == '(' ? "\\)" : "\\]", at + 2);
            return (close == none ? at : close) + 2;
        }
        std::size_t end = at + 1;
        while (end < text_.size() && is_letter(text_[end])) ++end;
        if (end == at + 1) return std::min(end + 1, text_.size());  // \$, \\, \{
        if (rest.starts_with("\\begin{"))
            if (const std::size_t close = end_of_environment(at); close != none) return close;
        while (end < text_.size() && (text_[end] == '{' || text_[end] == '[')) {
            const std::size_t close = partner(end);
            if (close == none) break;
            end = close + 1;
        }
        return end;
    }

    std::size_t tag(std::size_t at) const {
        for (const std::string_view one : {"<think>", "</think>", "<answer>", "</answer>"})
            if (text_.substr(at).starts_with(one)) return at + one.size();
        return at;
    }

    /// The bracket that closes the one at `open`. All are matched at the first question, in linear time.
    std::size_t partner(std::size_t open) {
        if (partners_.empty()) {
            partners_.assign(text_.size(), none);
            std::array<std::vector<std::size_t>, 2> waiting;  // for } and for ]
            for (std::size_t i = 0; i < text_.size(); ++i) {
                const char c = text_[i];
                if (c == '\\') ++i;
                else if (c == '{' || c == '[') waiting[c == '['].push_back(i);
                else if ((c == '}' || c == ']') && !waiting[c == ']'].empty()) {
                    partners_[waiting[c == ']'].back()] = i;
                    waiting[c == ']'].pop_back();
                }
            }
        }
        return partners_[open];
    }

    /// One past the \end{...} that belongs to the \begin{...} at `at`. All are matched at the first question.
    std::size_t end_of_environment(std::size_t at) {
        if (!environments_) {
            environments_.emplace();
            std::vector<std::size_t> open;
            for (std::size_t i = text_.find('\\', at); i != none; i = text_.find('\\', i + 1)) {
                const std::string_view rest = text_.substr(i);
                if (rest.starts_with("\\begin{")) open.push_back(i);
                if (!rest.starts_with("\\end{") || open.empty()) continue;
                const std::size_t name = partner(i + 4);
                if (name != none) environments_->emplace(open.back(), name + 1);
                open.pop_back();
            }
        }
        const auto found = environments_->find(at);
        return found == environments_->end() ? none : found->second;
    }

    struct absence {
        std::string_view mark;
        std::size_t since;
    };

    std::string_view text_;
    std::vector<absence> missing_;       ///< marks that do not occur any more, and from where on
    std::vector<std::size_t> partners_;  ///< [bytes of text_]; empty: not needed yet
    std::optional<std::unordered_map<std::size_t, std::size_t>> environments_;  ///< from begins to ends; not needed yet
};

}  // namespace aha::detail

namespace aha {

AHA_INLINE std::string prose(std::string_view text) {
    detail::prose_reader reader{text};
    std::string kept;
    kept.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = reader.skipped(at);
        if (end == at) {
            kept += text[at++];
        } else {
            kept += ' ';
            at = end;
        }
    }
    return kept;
}

AHA_INLINE void language_consistency_options::validate() const {
    require(!language.empty() || !field.empty(), "language and field must not both be empty");
}

}  // namespace aha
