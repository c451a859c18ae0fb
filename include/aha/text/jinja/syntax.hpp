#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/text/jinja/value.hpp>

/// A template as a tree: what the parser makes and the evaluator walks. Trees are never changed, so copies share them.
namespace aha::detail::jinja {

struct expression;
using expression_ptr = std::shared_ptr<const expression>;

struct literal {
    value content;
};
struct name_read {
    std::string name;
};
struct list_display {
    std::vector<expression_ptr> items;
};
struct tuple_display {
    std::vector<expression_ptr> items;
};
struct dict_display {
    std::vector<std::pair<expression_ptr, expression_ptr>> entries;
};
struct unary {
    char operation;
    expression_ptr operand;
};  ///< '-', '+' or '!' (not)
struct binary {
    std::string operation;
    expression_ptr left, right;
};  ///< arithmetic, "~", "and", "or"
struct comparison {
    expression_ptr first;
    std::vector<std::pair<std::string, expression_ptr>> rest;
};  ///< a < b < c
struct conditional {
    expression_ptr condition, then, otherwise;
};  ///< `otherwise` may be null
struct member {
    expression_ptr object;
    std::string name;
};  ///< object.name
struct subscript {
    expression_ptr object, index;
};  ///< object[index]
struct slice {
    expression_ptr object, start, stop, step;
};  ///< any of the three may be null
struct call_arguments {
    std::vector<expression_ptr> positional;
    std::vector<std::pair<std::string, expression_ptr>> named;
    expression_ptr rest, named_rest;  ///< after * and **; null where there is none
};
struct call {
    expression_ptr callee;
    std::string name;
    call_arguments given;
};  ///< `name` for messages
struct filter_use {
    expression_ptr input;
    std::string name;
    call_arguments given;
};  ///< null input: the block's text
struct test_use {
    expression_ptr input;
    std::string name;
    call_arguments given;
    bool negated;
};

struct expression {
    int line;
    std::variant<literal, name_read, list_display, tuple_display, dict_display, unary, binary, comparison, conditional,
                 member, subscript, slice, call, filter_use, test_use>
        node;
};

struct statement;
using block = std::vector<statement>;

struct text_output {
    std::string text;
};
struct expression_output {
    expression_ptr content;
};
struct if_statement {
    std::vector<std::pair<expression_ptr, block>> branches;
    block otherwise;
};
/// What is given a value: a name, an attribute of a namespace, or (with `parts`) targets that the value's items go to.
struct target {
    std::string name, attribute;
    std::vector<target> parts;
};
struct for_statement {
    target item;
    expression_ptr items, condition;  ///< `condition` may be null
    block body, otherwise;
    bool recursive;
};
struct loop_control {
    bool ends_loop;
};  ///< break or continue
struct set_statement {
    target place;
    expression_ptr content;
};
struct set_block {
    target place;
    expression_ptr filters;
    block body;
};  ///< `filters` may be null
struct filter_block {
    expression_ptr filters;
    block body;
};
struct with_statement {
    std::vector<std::pair<std::string, expression_ptr>> variables;
    block body;
};
struct generation_block {
    block body;
};
struct macro;
struct macro_statement {
    std::shared_ptr<const macro> definition;
};
struct call_block {
    expression_ptr called;
    std::shared_ptr<const macro> caller;
};  ///< `called` is a call; its macro gets `caller`

struct statement {
    int line;
    std::variant<text_output, expression_output, if_statement, for_statement, loop_control, set_statement, set_block,
                 filter_block, with_statement, generation_block, macro_statement, call_block>
        node;
};

struct macro {
    std::string name;
    std::vector<std::pair<std::string, expression_ptr>> parameters{};  ///< with defaults, null where there is none
    block body{};
    bool reads_caller = false, reads_varargs = false, reads_kwargs = false;  ///< in its body

    bool has_parameter(std::string_view wanted) const {
        return std::any_of(parameters.begin(), parameters.end(), [&](const auto& p) { return p.first == wanted; });
    }
};

}  // namespace aha::detail::jinja
