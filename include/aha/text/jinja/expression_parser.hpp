#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/lexer.hpp>
#include <aha/text/jinja/names.hpp>
#include <aha/text/jinja/syntax.hpp>

namespace aha::detail::jinja {

/// Reads expressions off a row of tokens, by Jinja's order of operators: if-else, or, and, not, comparisons, + -, ~, *
/// / // %,
/// **, signs, then what follows a value (member, item, call, filter, test).
class expression_parser {
public:
    explicit expression_parser(std::vector<token> tokens) : tokens_{std::move(tokens)} {}

protected:
    const token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
    token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
    int line() const { return peek().line; }
    int line_before() const { return tokens_[at_ > 0 ? at_ - 1 : 0].line; }
    bool is(token_kind kind, std::string_view text = {}) const {
        return peek().kind == kind && (text.empty() || peek().text == text);
    }
    bool is_symbol(std::string_view text) const { return is(token_kind::symbol, text); }
    bool is_word(std::string_view text) const { return is(token_kind::name, text); }
    bool skip(token_kind kind, std::string_view text = {}) { return is(kind, text) && (take(), true); }
    bool skip_symbol(std::string_view text) { return skip(token_kind::symbol, text); }
    bool skip_word(std::string_view text) { return skip(token_kind::name, text); }
    bool is_any(token_kind kind, std::initializer_list<std::string_view> texts) const {
        return peek().kind == kind && std::find(texts.begin(), texts.end(), peek().text) != texts.end();
    }

    [[noreturn]] void unexpected(const std::string& wanted) const {
        const token& found = peek();
        const bool at_end = found.kind == token_kind::end || found.kind == token_kind::block_end ||
                            found.kind == token_kind::output_end;
        syntax_problem(found.line,
                       "expected " + wanted + ", found " + (at_end ? "the end of the tag" : "\"" + found.text + "\""));
    }
    void expect_symbol(std::string_view text) {
        if (!skip_symbol(text)) unexpected("\"" + std::string{text} + "\"");
    }
    std::string expect_name() {
        if (!is(token_kind::name)) unexpected("a name");
        return take().text;
    }
    /// A name that is given a value, which a constant's name cannot be.
    std::string expect_new_name() {
        if (is_any(token_kind::name, {"true", "True", "false", "False", "none", "None"}))
            syntax_problem(line(), "the constant \"" + peek().text + "\" cannot be given a value");
        return expect_name();
    }

    /// Counts a level of nesting for as long as it lives: a hostile template gets a message, not a stack overflow.
    class level {
    public:
        level(int& depth, int at_line) : depth_{depth} {
            if (++depth_ > 100) syntax_problem(at_line, "nested deeper than 100 levels");
        }
        level(const level&) = delete;
        level& operator=(const level&) = delete;
        ~level() { --depth_; }

    private:
        int& depth_;
    };

    /// One whole expression; with `tuples`, `a, b` without brackets is a tuple.
    expression_ptr whole_expression(bool tuples) {
        nodes_ = 0;
        expression_ptr first = any();
        if (tuples && is_symbol(",")) {
            std::vector<expression_ptr> items{std::move(first)};
            while (skip_symbol(",") && !is(token_kind::block_end) && !is(token_kind::output_end))
                items.push_back(any());
            first = make(line(), tuple_display{std::move(items)});
        }
        check_names();
        return first;
    }
    /// An expression without if-else: what `for x in ...` reads, whose `if` is the loop's.
    expression_ptr without_condition() {
        nodes_ = 0;
        expression_ptr first = any_or();
        if (is_symbol(",")) {
            std::vector<expression_ptr> items{std::move(first)};
            while (skip_symbol(",") && !is(token_kind::block_end)) items.push_back(any_or());
            first = make(line(), tuple_display{std::move(items)});
        }
        check_names();
        return first;
    }
    /// `name(...) | name ...` of a filter or set block, applied to the block's text.
    expression_ptr block_filters() {
        nodes_ = 0;
        expression_ptr filters = one_filter(nullptr);
        while (skip_symbol("|")) filters = one_filter(std::move(filters));
        check_names();
        return filters;
    }

    int depth_ = 0;
    /// Inside of an if: a filter or test that Jinja does not have is a problem only when it is reached.
    bool conditional_ = false;
    /// Which of the names that a macro's body may read without being given them have been read.
    bool reads_caller_ = false, reads_varargs_ = false, reads_kwargs_ = false;

private:
    template <class Node>
    expression_ptr make(int at_line, Node node) {
        if (++nodes_ > 2000) syntax_problem(at_line, "an expression of more than 2000 parts");
        return std::make_shared<const expression>(expression{at_line, std::move(node)});
    }

    /// Refuses filters and tests that nobody has.
    void check_names() {
        if (!conditional_ && !unknown_.empty()) syntax_problem(unknown_.front().line, unknown_.front().what);
        unknown_.clear();
    }

    expression_ptr any() {
        const level deeper{depth_, line()};
        const std::size_t unknown_before = unknown_.size();
        expression_ptr result = any_or();
        while (is_word("if")) {
            const int at_line = take().line;
            expression_ptr condition = any_or();
            expression_ptr otherwise = skip_word("else") ? any() : nullptr;
            result = make(at_line, conditional{std::move(condition), std::move(result), std::move(otherwise)});
            unknown_.resize(unknown_before);
        }
        return result;
    }

    /// Left-to-right operators of one rank over operands that `next` reads.
    template <class Next>
    expression_ptr chain(token_kind kind, std::initializer_list<std::string_view> operators, Next next) {
        expression_ptr left = next();
        while (is_any(kind, operators)) {
            const token operation = take();
            expression_ptr right = next();
            left = make(operation.line, binary{operation.text, std::move(left), std::move(right)});
        }
        return left;
    }
    expression_ptr any_or() {
        return chain(token_kind::name, {"or"},
                     [this] { return chain(token_kind::name, {"and"}, [this] { return any_not(); }); });
    }
    expression_ptr any_not() {
        if (!is_word("not")) return compared();
        const level deeper{depth_, line()};
        const int at_line = take().line;
        return make(at_line, unary{'!', any_not()});
    }
    expression_ptr compared() {
        const int at_line = line();
        comparison chained{sum(), {}};
        for (;;) {
            std::string operation;
            if (is_any(token_kind::symbol, {"==", "!=", "<", "<=", ">", ">="}) || is_word("in")) {
                operation = take().text;
            } else if (is_word("not") && peek(1).kind == token_kind::name && peek(1).text == "in") {
                take(), take();
                operation = "not in";
            } else {
                break;
            }
            chained.rest.emplace_back(std::move(operation), sum());
        }
        return chained.rest.empty() ? chained.first : make(at_line, std::move(chained));
    }
    expression_ptr sum() {
        return chain(token_kind::symbol, {"+", "-"},
                     [this] { return chain(token_kind::symbol, {"~"}, [this] { return product(); }); });
    }
    expression_ptr product() {
        return chain(token_kind::symbol, {"*", "/", "//", "%"},
                     [this] { return chain(token_kind::symbol, {"**"}, [this] { return signed_value(true); }); });
    }
    expression_ptr signed_value(bool with_filters) {
        const level deeper{depth_, line()};
        expression_ptr result;
        if (is_any(token_kind::symbol, {"+", "-"})) {
            const token sign = take();
            result = make(sign.line, unary{sign.text[0], signed_value(false)});
        } else {
            result = followed(primary());
        }
        return with_filters ? filtered(std::move(result)) : result;
    }

    expression_ptr primary() {
        const token first = take();
        switch (first.kind) {
            case token_kind::name: return named(first);
            case token_kind::text: {
                std::string content = first.text;
                while (is(token_kind::text)) content += take().text;
                return make(first.line, literal{std::move(content)});
            }
            case token_kind::integer:
            case token_kind::real: return number(first);
            default: break;
        }
        if (first.text == "(" && first.kind == token_kind::symbol) return parenthesized(first.line);
        if (first.text == "[" && first.kind == token_kind::symbol)
            return make(first.line, list_display{items_until("]")});
        if (first.text == "{" && first.kind == token_kind::symbol) return dict(first.line);
        if (peek().kind != token_kind::end || first.kind != token_kind::end) --at_;
        unexpected("a value");
    }
    expression_ptr named(const token& word) {
        if (word.text == "true" || word.text == "True") return make(word.line, literal{true});
        if (word.text == "false" || word.text == "False") return make(word.line, literal{false});
        if (word.text == "none" || word.text == "None") return make(word.line, literal{none{}});
        reads_caller_ |= word.text == "caller";
        reads_varargs_ |= word.text == "varargs";
        reads_kwargs_ |= word.text == "kwargs";
        return make(word.line, name_read{word.text});
    }
    expression_ptr number(const token& digits) {
        const std::string_view text = digits.text;
        const int base = text.starts_with("0x") || text.starts_with("0X")   ? 16
                         : text.starts_with("0o") || text.starts_with("0O") ? 8
                         : text.starts_with("0b") || text.starts_with("0B") ? 2
                                                                            : 10;
        const char* const begin = text.data() + (base == 10 ? 0 : 2);
        const char* const end = text.data() + text.size();
        std::int64_t whole = 0;
        double real = 0;
        const auto read = digits.kind == token_kind::integer ? std::from_chars(begin, end, whole, base)
                                                             : std::from_chars(begin, end, real);
        if (read.ec != std::errc{} || read.ptr != end)
            syntax_problem(digits.line, "the number " + digits.text + " is out of range");
        return make(digits.line, literal{digits.kind == token_kind::integer ? value{whole} : value{real}});
    }
    expression_ptr parenthesized(int at_line) {
        if (skip_symbol(")")) return make(at_line, tuple_display{});
        expression_ptr first = any();
        if (skip_symbol(")")) return first;
        expect_symbol(",");
        auto items = items_until(")");
        items.insert(items.begin(), std::move(first));
        return make(at_line, tuple_display{std::move(items)});
    }
    std::vector<expression_ptr> items_until(std::string_view close) {
        std::vector<expression_ptr> items;
        while (!skip_symbol(close)) {
            items.push_back(any());
            if (!is_symbol(close)) expect_symbol(",");
        }
        return items;
    }
    expression_ptr dict(int at_line) {
        dict_display display;
        while (!skip_symbol("}")) {
            expression_ptr key = any();
            expect_symbol(":");
            expression_ptr content = any();
            display.entries.emplace_back(std::move(key), std::move(content));
            if (!is_symbol("}")) expect_symbol(",");
        }
        return make(at_line, std::move(display));
    }

    /// A value with its members, items and calls.
    expression_ptr followed(expression_ptr object) {
        for (;;) {
            const int at_line = line();
            if (skip_symbol(".")) {
                if (is(token_kind::integer)) object = make(at_line, subscript{std::move(object), number(take())});
                else object = make(at_line, member{std::move(object), expect_name()});
            } else if (skip_symbol("[")) {
                object = item_of(std::move(object), at_line);
            } else if (skip_symbol("(")) {
                object = called(std::move(object), at_line);
            } else {
                return object;
            }
        }
    }
    expression_ptr called(expression_ptr callee, int at_line) {
        const auto* by_member = std::get_if<member>(&callee->node);
        const auto* by_name = std::get_if<name_read>(&callee->node);
        std::string name = by_member ? "." + by_member->name : by_name ? by_name->name : "this call";
        call_arguments given = arguments_until_close();
        return make(at_line, call{std::move(callee), std::move(name), std::move(given)});
    }
    expression_ptr item_of(expression_ptr object, int at_line) {
        const auto part = [&]() -> expression_ptr { return is_symbol(":") || is_symbol("]") ? nullptr : any(); };
        expression_ptr start = part();
        if (!is_symbol(":")) {
            if (!start) unexpected("an index");
            expect_symbol("]");
            return make(at_line, subscript{std::move(object), std::move(start)});
        }
        take();
        expression_ptr stop = part();
        expression_ptr step = skip_symbol(":") ? part() : nullptr;
        expect_symbol("]");
        return make(at_line, slice{std::move(object), std::move(start), std::move(stop), std::move(step)});
    }
    call_arguments arguments_until_close() {
        call_arguments given;
        while (!skip_symbol(")")) {
            if (skip_symbol("**")) {
                if (given.named_rest) unexpected("one ** only");
                given.named_rest = any();
            } else if (skip_symbol("*")) {
                if (given.rest || given.named_rest) unexpected("one * only, before any **");
                given.rest = any();
            } else if (is(token_kind::name) && peek(1).kind == token_kind::symbol && peek(1).text == "=") {
                if (given.named_rest) unexpected("no argument after **");
                std::string name = take().text;
                for (const auto& earlier : given.named)
                    if (earlier.first == name) syntax_problem(line(), "the argument \"" + name + "\" is given twice");
                take();
                given.named.emplace_back(std::move(name), any());
            } else {
                if (!given.named.empty() || given.rest || given.named_rest) unexpected("a named argument");
                given.positional.push_back(any());
            }
            if (!is_symbol(")")) expect_symbol(",");
        }
        return given;
    }

    expression_ptr filtered(expression_ptr input) {
        for (;;) {
            if (skip_symbol("|")) input = one_filter(std::move(input));
            else if (skip_word("is")) input = tested(std::move(input));
            else if (is_symbol("(")) input = called(std::move(input), take().line);
            else return input;
        }
    }
    expression_ptr one_filter(expression_ptr input) {
        const int at_line = line();
        std::string name = expect_name();
        if (!is_filter_name(name)) unknown_.push_back({at_line, "the filter \"" + name + "\" is not supported"});
        call_arguments given;
        if (skip_symbol("(")) given = arguments_until_close();
        return make(at_line, filter_use{std::move(input), std::move(name), std::move(given)});
    }
    expression_ptr tested(expression_ptr input) {
        const int at_line = line();
        const bool negated = skip_word("not");
        std::string name = expect_name();
        if (!is_test_name(name)) unknown_.push_back({at_line, "the test \"" + name + "\" is not supported"});
        call_arguments given;
        const bool argument_follows = is(token_kind::name) || is(token_kind::text) || is(token_kind::integer) ||
                                      is(token_kind::real) || is_symbol("[") || is_symbol("{");
        if (skip_symbol("(")) given = arguments_until_close();
        else if (is_word("is")) unexpected("no second test");
        else if (argument_follows && !is_any(token_kind::name, {"else", "or", "and"}))
            given.positional.push_back(followed(primary()));
        return make(at_line, test_use{std::move(input), std::move(name), std::move(given), negated});
    }

    struct unknown_name {
        int line;
        std::string what;
    };

    std::vector<token> tokens_;
    std::vector<unknown_name> unknown_;
    std::size_t at_ = 0;
    int nodes_ = 0;
};

}  // namespace aha::detail::jinja
