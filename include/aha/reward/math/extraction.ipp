#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <aha/reward/math/extraction.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/math/formula_spans.hpp>
#include <aha/reward/math/plain_numbers.hpp>
#include <aha/reward/trimmed.hpp>

namespace aha::math {

namespace detail {

/// Finds the places of answers in one text.
class place_finder {
public:
    place_finder(std::string_view text, const extraction_options& options)
        : text_{text},
          options_{options},
          lower_{aha::detail::lower_case(text)},
          spans_{text},
          numbers_{text, options.as_math_verify} {}

    std::vector<answer_place> places(int priority) {
        if (priority == 0) behind_final_answer(priority, true);
        if (priority == 50) behind_final_answer(priority, false);
        if (priority == options_.boxed_priority && options_.latex) boxes(priority);
        if (priority == 100) behind_answer(priority, true);
        if (priority == 200) behind_answer(priority, false);
        if (priority == 300) anywhere(priority);
        std::stable_sort(found_.begin(), found_.end(), [](const answer_place& a, const answer_place& b) {
            return a.end != b.end ? a.end > b.end : a.begin < b.begin;
        });
        return std::move(found_);
    }

private:
    static constexpr std::size_t npos = std::string_view::npos;

    bool starts(std::size_t at, std::string_view lower) const {
        return at < lower_.size() && std::string_view{lower_}.substr(at).starts_with(lower);
    }

    /// Adds what begins at `at`; the place behind it, or npos if nothing does.
    std::size_t add_formula(std::size_t at, std::size_t begin, int priority, bool boxed = false) {
        const std::vector<formula_span> group = spans_.group_at(at, boxed);
        if (group.empty()) return npos;
        answer_place place{.priority = priority, .begin = begin, .end = group.back().end};
        for (const formula_span& one : group) {
            place.texts.emplace_back(one.inside);
            place.percent.push_back(one.percent);
        }
        found_.push_back(std::move(place));
        return group.back().end;
    }

    std::size_t add_plain(const std::optional<plain_span>& span, std::size_t begin, int priority) {
        if (!span) return npos;
        using content = answer_place::content;
        found_.push_back({.kind = span->arithmetic ? content::arithmetic : content::number,
                          .texts = {span->text},
                          .percent = {span->percent},
                          .priority = priority,
                          .begin = begin,
                          .end = span->end});
        return span->end;
    }

    std::size_t add_string(std::size_t at, std::size_t begin, int priority) {
        for (const std::string& one : options_.strings) {
            if (!text_.substr(at).starts_with(one)) continue;
            std::size_t end = at + one.size();
            if (text_.substr(end).starts_with("**")) end += 2;
            if (end < text_.size() && !is_blank(text_[end]) && text_[end] != '.' && text_[end] != ',' &&
                text_[end] != ':')
                continue;
            found_.push_back({.kind = answer_place::content::words,
                              .texts = {one},
                              .percent = {false},
                              .priority = priority,
                              .begin = begin,
                              .end = std::min(end + 1, text_.size())});
            return end;
        }
        return npos;
    }

    bool hope_follows(std::size_t at) const {
        if (at < text_.size() && text_[at] == '.') ++at;
        if (at < text_.size() && is_blank(text_[at])) ++at;
        return text_.substr(at).starts_with("I hope") ||
               (at > 0 && is_blank(text_[at - 1]) && text_.substr(at).starts_with("I hope"));
    }

    /// "final answer is X", with up to 100 characters between; `hope`: only where "I hope" follows.
    void behind_final_answer(int priority, bool hope) {
        constexpr std::string_view anchor = "final answer";
        for (int target = 0; target < 3; ++target) {
            if (!(target == 0 ? options_.latex : target == 1 ? options_.expressions : !options_.strings.empty()))
                continue;
            for (std::size_t at = lower_.find(anchor); at != npos;) {
                const std::size_t after = at + anchor.size();
                std::size_t behind = npos;
                const std::size_t most = hope ? 0 : 100;
                for (std::size_t gap = 0; gap <= most && after + gap < text_.size() && behind == npos; ++gap) {
                    std::size_t i = after + gap;
                    if (target != 0 && text_[i] == '\n' && gap < most) break;
                    if (!is_blank(text_[i])) continue;
                    i = spans_.skip_blanks(i);
                    if (!starts(i, "is")) continue;
                    i += 2;
                    if (i < text_.size() && text_[i] == ':') ++i;
                    behind = anchored(target, i, at, priority);
                }
                if (behind != npos && hope && !hope_follows(behind)) found_.pop_back(), behind = npos;
                at = lower_.find(anchor, behind == npos ? after : std::max(behind, after));
            }
        }
    }

    /// What begins at `i` or behind the white space there.
    std::size_t anchored(int target, std::size_t i, std::size_t begin, int priority) {
        const std::size_t next = spans_.skip_blanks(i);
        if (target == 0) {
            const std::size_t behind = add_formula(next, begin, priority);
            return behind == npos && next > i ? add_formula(next - 1, begin, priority) : behind;
        }
        if (target == 2) return next > i ? add_string(next, begin, priority) : npos;
        const std::size_t at = next > i ? next - 1 : i;
        return plain_at(at, begin, priority);
    }

    std::size_t plain_at(std::size_t at, std::size_t begin, int priority) {
        if (at >= text_.size() || !numbers_.may_begin(at)) return npos;
        const std::size_t behind = add_plain(numbers_.arithmetic_at(at), begin, priority);
        return behind != npos ? behind : add_plain(numbers_.number_at(at), begin, priority);
    }

    /// "answer: X" and "answer X", with up to 50 characters between.
    void behind_answer(int priority, bool colon) {
        const std::string anchor = colon ? "answer:" : "answer";
        for (int target = 0; target < 3; ++target) {
            if (!(target == 0 ? options_.latex : target == 1 ? options_.expressions : !options_.strings.empty()))
                continue;
            for (std::size_t at = lower_.find(anchor); at != npos;) {
                const std::size_t after = at + anchor.size();
                std::size_t behind = target == 1 ? behind_equals(after, at, priority) : npos;
                for (std::size_t gap = 0; gap <= 50 && after + gap <= text_.size() && behind == npos; ++gap) {
                    const std::size_t i = after + gap;
                    if (target == 0) behind = add_formula(i, at, priority);
                    else if (target == 1) behind = not_before_equals(plain_at(i, at, priority));
                    else if (i > 0 && i < text_.size() && (is_blank(text_[i - 1]) || text_[i - 1] == '*'))
                        behind = add_string(i, at, priority);
                    if (target != 0 && i < text_.size() && text_[i] == '\n') break;
                }
                at = lower_.find(anchor, behind == npos ? after : std::max(behind, after));
            }
        }
    }

    std::size_t not_before_equals(std::size_t behind) {
        if (behind == npos) return npos;
        const std::size_t next = spans_.skip_blanks(behind);
        if (next >= text_.size() || text_[next] != '=') return behind;
        found_.pop_back();
        return npos;
    }

    /// A number behind the last "=" of the 100 characters behind "answer".
    std::size_t behind_equals(std::size_t after, std::size_t begin, int priority) {
        std::size_t line = std::min(text_.find('\n', after), text_.size());
        line = std::min(line, after + 101);
        for (std::size_t i = line; i-- > after;) {
            if (text_[i] != '=') continue;
            const std::size_t next = spans_.skip_blanks(i + 1);
            if (next == i + 1) continue;
            const std::size_t behind = not_before_equals(plain_at(next - 1, begin, priority));
            if (behind != npos) return behind;
        }
        return npos;
    }

    void boxes(int priority) {
        for (std::size_t at = 0; at < text_.size();) {
            const char c = text_[at];
            std::size_t behind = npos;
            if (c == '$' || c == '\\' || is_blank(c)) behind = add_formula(at, at, priority, true);
            at = behind == npos ? at + 1 : behind;
        }
        const std::size_t box = first_box();
        if (box == npos) return;
        const std::size_t last = text_.rfind('}');
        const bool closed = last != npos && last > box + 7;
        if (!closed && options_.as_math_verify) return;
        const std::size_t end = closed ? last + 1 : text_.size();
        std::string inside = boxed_content(text_.substr(box, end - box), true);
        found_.push_back(
            {.texts = {std::move(inside)}, .percent = {false}, .priority = priority, .begin = box, .end = end});
    }

    std::size_t first_box() const {
        const std::size_t box = text_.find("\\boxed{");
        if (options_.as_math_verify) return box;
        return std::min({box, text_.find("\\fbox{"), text_.find("\\boxed ")});
    }

    void anywhere(int priority) {
        if (!options_.without_anchor) return;
        if (options_.latex)
            for (std::size_t at = 0; at < text_.size();) {
                const char c = text_[at];
                std::size_t behind = npos;
                if (c == '$' || c == '\\' || c == '-' || is_blank(c)) behind = add_formula(at, at, priority);
                at = behind == npos ? at + 1 : behind;
            }
        if (options_.expressions)
            for (const bool arithmetic : {true, false})
                for (std::size_t at = 0; at < text_.size();) {
                    std::size_t behind = npos;
                    if (numbers_.may_begin(at))
                        behind =
                            add_plain(arithmetic ? numbers_.arithmetic_at(at) : numbers_.number_at(at), at, priority);
                    at = behind == npos || behind <= at ? at + 1 : behind;
                }
        if (!options_.strings.empty())
            for (std::size_t at = 0; at < text_.size(); ++at)
                if (at == 0 || is_blank(text_[at - 1]) || (text_[at - 1] == '*' && at > 1 && text_[at - 2] == '*'))
                    add_string(at, at, priority);
    }

    std::string_view text_;
    extraction_options options_;
    std::string lower_;
    formula_spans spans_;
    plain_numbers numbers_;
    std::vector<answer_place> found_;
};

/// The place of the brace that closes the one at `open`; npos if none does.
inline std::size_t closing_brace(std::string_view text, std::size_t open, std::size_t end) {
    int depth = 0;
    for (std::size_t i = open; i < end; ++i) {
        if (text[i] == '{') ++depth;
        else if (text[i] == '}' && --depth == 0) return i;
    }
    return std::string_view::npos;
}

/// Whether ',', ';', "and" or "or" stands in what parts two boxes.
AHA_INLINE bool has_separator(std::string_view between) {
    if (between.find_first_of(",;") != std::string_view::npos) return true;
    for (const std::string_view word : {"and", "or"})
        for (std::size_t at = between.find(word); at != std::string_view::npos; at = between.find(word, at + 1)) {
            const std::size_t end = at + word.size();
            if ((at == 0 || !aha::detail::is_word_character(between[at - 1])) &&
                (end == between.size() || !aha::detail::is_word_character(between[end])))
                return true;
        }
    return false;
}

}  // namespace detail

AHA_INLINE std::string boxed_content(std::string_view text, bool last_only) {
    constexpr std::size_t npos = std::string_view::npos;
    std::vector<std::string> found;  // from the last to the first
    std::size_t next_begin = npos, end = text.size();
    for (std::size_t from = text.size();;) {
        const std::size_t boxed = from == 0 ? npos : text.rfind("\\boxed", from - 1);
        const std::size_t fbox = from == 0 ? npos : text.rfind("\\fbox", from - 1);
        if (boxed == npos && fbox == npos) break;
        const std::size_t begin = boxed == npos ? fbox : fbox == npos ? boxed : std::max(boxed, fbox);
        std::size_t open = begin + (begin == boxed ? 6 : 5);
        while (open < end && detail::is_blank(text[open])) ++open;
        if (open >= end) break;
        const std::size_t close = text[open] == '{' ? detail::closing_brace(text, open, end) : npos;
        if (close == npos) {
            if (found.empty()) found.emplace_back(text.substr(open));
            break;
        }
        std::string content{aha::detail::trimmed(text.substr(open + 1, close - open - 1))};
        if (last_only && next_begin != npos) {
            const std::string_view between = text.substr(close + 1, next_begin - close - 1);
            const bool close_by = between.size() < 10 ||
                                  (found.back() != content && between.size() < 70 && detail::has_separator(between));
            if (!close_by) break;
        }
        if (found.empty() || found.back() != content) found.push_back(std::move(content));
        next_begin = begin;
        end = begin;
        from = begin;
    }
    if (found.empty()) return std::string{text};
    std::string all;
    for (auto each = found.rbegin(); each != found.rend(); ++each) {
        if (each != found.rbegin()) all += ',';
        all += *each;
    }
    return all;
}

AHA_INLINE std::vector<int> place_priorities(const extraction_options& options) {
    std::set<int> all{0, 50, 100, 200, 300};
    if (options.boxed_priority >= 0) all.insert(options.boxed_priority);
    return {all.begin(), all.end()};
}

AHA_INLINE std::vector<answer_place> answer_places(std::string_view text, int priority,
                                                   const extraction_options& options) {
    return detail::place_finder{text, options}.places(priority);
}

}  // namespace aha::math
