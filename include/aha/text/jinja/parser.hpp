#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
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
        const bool conditional_outside = std::exchange(conditional_, false);
        block body = body_and_close(end);
        loops_ = loops_outside;
        conditional_ = conditional_outside;
        return body;
    }

    /// The body of a macro, and which of the names that macros may read it reads.
    void macro_body(macro& definition, std::string_view end) {
        const bool caller = std::exchange(reads_caller_, false), varargs = std::exchange(reads_varargs_, false),
                   kwargs = std::exchange(reads_kwargs_, false);
        definition.body = closed_body(end);
        definition.reads_caller = reads_caller_;
        definition.reads_varargs = reads_varargs_;
        definition.reads_kwargs = reads_kwargs_;
        reads_caller_ |= caller;
        reads_varargs_ |= varargs;
        reads_kwargs_ |= kwargs;
    }

    statement one_statement() {
        const int at_line = line();
        const std::string word = expect_name();
        if (word == "if") return {at_line, if_chain()};
        if (word == "for") return {at_line, for_loop()};
        if (word == "set") return set(at_line);
        if (word == "macro") return {at_line, macro_definition()};
        if (word == "with") return {at_line, with()};
        if (word == "call") return {at_line, call_with_block(at_line)};
        if (word == "generation") return {at_line, generation_block{closed_body("endgeneration")}};
        if (word == "filter") {
            const bool conditional_outside = std::exchange(conditional_, false);
            expression_ptr filters = block_filters();
            block body = closed_body("endfilter");
            conditional_ = conditional_outside;
            return {at_line, filter_block{std::move(filters), std::move(body)}};
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
        const bool conditional_outside = std::exchange(conditional_, true);
        for (;;) {
            expression_ptr condition = whole_expression(true);
            end_of_tag();
            chain.branches.emplace_back(std::move(condition), body_until({"elif", "else", "endif"}));
            const std::string word = take().text;
            if (word == "elif") continue;
            if (word == "else") chain.otherwise = body_and_close("endif");
            else end_of_tag();
            conditional_ = conditional_outside;
            return chain;
        }
    }

    /// A name, or names with commas or in brackets, whose value is unpacked.
    target assigned() {
        const level deeper{depth_, line()};
        target first = assigned_part();
        if (!is_symbol(",")) return first;
        target all;
        all.parts.push_back(std::move(first));
        while (skip_symbol(",") && !is_symbol(")")) all.parts.push_back(assigned_part());
        return all;
    }
    target assigned_part() {
        if (!skip_symbol("(")) return {expect_new_name(), "", {}};
        target inside = assigned();
        expect_symbol(")");
        return inside;
    }
    static bool has_name(const target& place, std::string_view name) {
        return place.name == name || std::any_of(place.parts.begin(), place.parts.end(),
                                                 [&](const target& part) { return has_name(part, name); });
    }

    for_statement for_loop() {
        for_statement loop;
        loop.item = assigned();
        if (has_name(loop.item, "loop")) syntax_problem(line(), "\"loop\" cannot be the name of a loop's item");
        if (!skip_word("in")) unexpected("\"in\"");
        loop.items = without_condition();
        const bool conditional_outside = std::exchange(conditional_, false);
        if (skip_word("if")) loop.condition = whole_expression(false);
        loop.recursive = skip_word("recursive");
        end_of_tag();
        ++loops_;
        loop.body = body_until({"else", "endfor"});
        --loops_;
        if (take().text == "else") loop.otherwise = body_and_close("endfor");
        else end_of_tag();
        conditional_ = conditional_outside;
        return loop;
    }

    statement set(int at_line) {
        target place = assigned();
        if (place.parts.empty() && skip_symbol(".")) place.attribute = expect_name();
        if (skip_symbol("=")) {
            expression_ptr content = whole_expression(true);
            end_of_tag();
            return {at_line, set_statement{std::move(place), std::move(content)}};
        }
        if (!place.parts.empty()) unexpected("\"=\"");
        const bool conditional_outside = std::exchange(conditional_, false);
        expression_ptr filters = skip_symbol("|") ? block_filters() : nullptr;
        block body = closed_body("endset");
        conditional_ = conditional_outside;
        return {at_line, set_block{std::move(place), std::move(filters), std::move(body)}};
    }

    /// The parameters of a macro or call block, from after their opening bracket.
    void parameters_of(macro& definition) {
        auto& parameters = definition.parameters;
        while (!skip_symbol(")")) {
            std::string name = expect_new_name();
            if (definition.has_parameter(name))
                syntax_problem(line(), "the macro has two parameters called \"" + name + "\"");
            expression_ptr fallback = skip_symbol("=") ? whole_expression(false) : nullptr;
            if (!fallback && !parameters.empty() && parameters.back().second)
                syntax_problem(line(),
                               "the parameter \"" + name + "\" needs a default value, as the one before it has one");
            parameters.emplace_back(std::move(name), std::move(fallback));
            if (!is_symbol(")")) expect_symbol(",");
        }
    }
    static void check_caller(const macro& definition, int at_line) {
        for (const auto& [name, fallback] : definition.parameters)
            if (name == "caller" && !fallback && definition.reads_caller)
                syntax_problem(at_line, "the parameter \"caller\" needs a default value");
    }

    macro_statement macro_definition() {
        const int at_line = line();
        macro definition{expect_new_name()};
        expect_symbol("(");
        parameters_of(definition);
        macro_body(definition, "endmacro");
        check_caller(definition, at_line);
        return {std::make_shared<const macro>(std::move(definition))};
    }

    call_block call_with_block(int at_line) {
        macro caller{"caller"};
        if (skip_symbol("(")) parameters_of(caller);
        expression_ptr called = whole_expression(false);
        if (!std::holds_alternative<call>(called->node)) syntax_problem(at_line, "{% call %} needs a call");
        macro_body(caller, "endcall");
        check_caller(caller, at_line);
        return {std::move(called), std::make_shared<const macro>(std::move(caller))};
    }

    with_statement with() {
        with_statement scope;
        while (!is(token_kind::block_end)) {
            std::string name = expect_new_name();
            expect_symbol("=");
            scope.variables.emplace_back(std::move(name), whole_expression(false));
            if (!is(token_kind::block_end)) expect_symbol(",");
        }
        const bool conditional_outside = std::exchange(conditional_, false);
        scope.body = body_and_close("endwith");
        conditional_ = conditional_outside;
        return scope;
    }

    int loops_ = 0;
};

}  // namespace aha::detail::jinja
