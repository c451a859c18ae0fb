#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/expression_parser.hpp>

namespace aha::detail::jinja {

/// Makes a template's tree. A statement that is not in the subset is a problem that names it.
class parser : private expression_parser {
public:
    explicit parser(std::string_view source) : expression_parser{lexer{source}.run()} {}

    block run() {
        block all = body_until({});
        return all;
    }

private:
    /// Statements up to `{% one of ends`, whose name is left to be taken; with no ends, up to the template's end.
    block body_until(std::initializer_list<std::string_view> ends) {
        const level deeper{depth_, line()};
        const int first_line = line_before();
        block body;
        for (;;) {
            const token first = take();
            if (first.kind == token_kind::end) {
                if (ends.size() == 0) return body;
                syntax_problem(first_line, "{% " + std::string{*(ends.end() - 1)} +
                                               " %} is missing for the block that begins here");
            }
            if (first.kind == token_kind::data) {
                body.push_back({first.line, text_output{first.text}});
            } else if (first.kind == token_kind::output_begin) {
                body.push_back({first.line, expression_output{whole_expression(true)}});
                if (!skip(token_kind::output_end)) unexpected("\"}}\"");
            } else {
                if (is_any(token_kind::name, ends)) return body;
                body.push_back(one_statement());
            }
        }
    }

    void end_of_tag() {
        if (!skip(token_kind::block_end)) unexpected("\"%}\"");
    }
    /// The body of a block, and its closing tag.
    block body_and_close(std::string_view end) {
        end_of_tag();
        block body = body_until({end});
        take();
        end_of_tag();
        return body;
    }

    /// As `body_and_close`, for a body that cannot leave a loop around it.
    block closed_body(std::string_view end) {
        const int loops_outside = std::exchange(loops_, 0);
        block body = body_and_close(end);
        loops_ = loops_outside;
        return body;
    }

    statement one_statement() {
        const int at_line = line();
        const std::string word = expect_name();
        if (word == "if") return {at_line, if_chain()};
        if (word == "for") return {at_line, for_loop()};
        if (word == "set") return set(at_line);
        if (word == "macro") return {at_line, macro_definition()};
        if (word == "with") return {at_line, with()};
        if (word == "generation") return {at_line, generation_block{closed_body("endgeneration")}};
        if (word == "filter") {
            expression_ptr filters = block_filters();
            return {at_line, filter_block{std::move(filters), closed_body("endfilter")}};
        }
        if (word == "break" || word == "continue") {
            if (loops_ == 0)
                syntax_problem(at_line,
                               "{% " + word + " %} outside of a loop, or inside of a block that cannot leave it");
            end_of_tag();
            return {at_line, loop_control{word == "break"}};
        }
        syntax_problem(at_line, "{% " + word + " %} is not supported");
    }

    if_statement if_chain() {
        if_statement chain;
        for (;;) {
            expression_ptr condition = whole_expression(true);
            end_of_tag();
            chain.branches.emplace_back(std::move(condition), body_until({"elif", "else", "endif"}));
            const std::string word = take().text;
            if (word == "elif") continue;
            if (word == "else") chain.otherwise = body_and_close("endif");
            else end_of_tag();
            return chain;
        }
    }

    std::vector<std::string> targets() {
        const bool bracket = skip_symbol("(");
        std::vector<std::string> names;
        do names.push_back(expect_new_name());
        while (skip_symbol(","));
        if (bracket) expect_symbol(")");
        return names;
    }

    for_statement for_loop() {
        for_statement loop;
        loop.targets = targets();
        if (std::find(loop.targets.begin(), loop.targets.end(), "loop") != loop.targets.end())
            syntax_problem(line(), "\"loop\" cannot be the name of a loop's item");
        if (!skip_word("in")) unexpected("\"in\"");
        loop.items = without_condition();
        if (skip_word("if")) loop.condition = whole_expression(false);
        if (is_word("recursive")) syntax_problem(line(), "a recursive loop is not supported");
        end_of_tag();
        ++loops_;
        loop.body = body_until({"else", "endfor"});
        --loops_;
        if (take().text == "else") loop.otherwise = body_and_close("endfor");
        else end_of_tag();
        return loop;
    }

    statement set(int at_line) {
        std::vector<std::string> names = targets();
        const std::string attribute = names.size() == 1 && skip_symbol(".") ? expect_name() : "";
        if (skip_symbol("=")) {
            expression_ptr content = whole_expression(true);
            end_of_tag();
            return {at_line, set_statement{std::move(names), attribute, std::move(content)}};
        }
        if (names.size() != 1) unexpected("\"=\"");
        expression_ptr filters = skip_symbol("|") ? block_filters() : nullptr;
        return {at_line, set_block{names[0], attribute, std::move(filters), closed_body("endset")}};
    }

    macro_statement macro_definition() {
        macro definition;
        definition.name = expect_new_name();
        expect_symbol("(");
        while (!skip_symbol(")")) {
            std::string name = expect_new_name();
            auto& parameters = definition.parameters;
            for (const auto& earlier : parameters)
                if (earlier.first == name)
                    syntax_problem(line(), "the macro has two parameters called \"" + name + "\"");
            expression_ptr fallback = skip_symbol("=") ? whole_expression(false) : nullptr;
            if (!fallback && !parameters.empty() && parameters.back().second)
                syntax_problem(line(),
                               "the parameter \"" + name + "\" needs a default value, as the one before it has one");
            parameters.emplace_back(std::move(name), std::move(fallback));
            if (!is_symbol(")")) expect_symbol(",");
        }
        definition.body = closed_body("endmacro");
        return {std::make_shared<const macro>(std::move(definition))};
    }

    with_statement with() {
        with_statement scope;
        while (!is(token_kind::block_end)) {
            std::string name = expect_new_name();
            expect_symbol("=");
            scope.variables.emplace_back(std::move(name), whole_expression(false));
            if (!is(token_kind::block_end)) expect_symbol(",");
        }
        scope.body = body_and_close("endwith");
        return scope;
    }

    int loops_ = 0;
};

}  // namespace aha::detail::jinja
