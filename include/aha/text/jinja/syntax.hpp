#pragma once

#include <memory>
#include <optional>
#include <string>
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
struct for_statement {
    std::vector<std::string> targets;  ///< more than one: each item is unpacked
    expression_ptr items, condition;   ///< `condition` may be null
    block body, otherwise;
};
struct loop_control {
    bool ends_loop;
};  ///< break or continue
struct set_statement {
    std::vector<std::string> targets;
    std::string attribute;  ///< not empty: `set target.attribute = ...`
    expression_ptr content;
};
struct set_block {
    std::string target, attribute;
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
struct macro {
    std::string name;
    std::vector<std::pair<std::string, expression_ptr>> parameters;  ///< with defaults, null where there is none
    block body;
};
struct macro_statement {
    std::shared_ptr<const macro> definition;
};

struct statement {
    int line;
    std::variant<text_output, expression_output, if_statement, for_statement, loop_control, set_statement, set_block,
                 filter_block, with_statement, generation_block, macro_statement>
        node;
};

}  // namespace aha::detail::jinja
