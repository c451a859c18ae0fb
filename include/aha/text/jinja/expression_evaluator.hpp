#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/filters.hpp>
#include <aha/text/jinja/methods.hpp>
#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/scope.hpp>
#include <aha/text/jinja/syntax.hpp>
#include <aha/text/jinja/tests.hpp>
#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// Finds the values of expressions. Nesting and steps are bounded: no template hangs or overflows.
class expression_evaluator {
public:
    expression_evaluator() = default;
    expression_evaluator(const expression_evaluator&) = delete;
    expression_evaluator& operator=(const expression_evaluator&) = delete;

    /// Where the rendering is.
    int line() const { return line_; }

protected:
    ~expression_evaluator() = default;

    /// A new scope inside `outer`, for as long as it lives.
    class scoped_names {
    public:
        scoped_names(expression_evaluator& owner, std::shared_ptr<const scope> outer)
            : owner_{owner}, before_{owner.scope_} {
            owner.scope_ = std::make_shared<scope>(scope{{}, std::move(outer)});
        }
        scoped_names(const scoped_names&) = delete;
        scoped_names& operator=(const scoped_names&) = delete;
        ~scoped_names() { owner_.scope_ = before_; }

    private:
        expression_evaluator& owner_;
        std::shared_ptr<scope> before_;
    };

    /// One more level of recursion, and one more step.
    class level {
    public:
        explicit level(expression_evaluator& owner) : depth_{owner.depth_} {
            if (owner.depth_ >= 400) problem("nested deeper than 400 levels");
            owner.work_->spend(1);
            ++depth_;
        }
        level(const level&) = delete;
        level& operator=(const level&) = delete;
        ~level() { --depth_; }

    private:
        int& depth_;
    };

    value evaluate(const expression_ptr& node) {
        const level deeper{*this};
        const int at_line = line_ = node->line;
        return std::visit([&](const auto& kind) { return result_of(kind, at_line); }, node->node);
    }

    value evaluate_or_none(const expression_ptr& node) { return node ? evaluate(node) : value{none{}}; }
    std::vector<value> evaluate_all(const std::vector<expression_ptr>& nodes) {
        std::vector<value> values;
        for (const auto& node : nodes) values.push_back(evaluate(node));
        return values;
    }
    arguments evaluate_arguments(const std::string& callee, const call_arguments& nodes) {
        arguments given{callee, evaluate_all(nodes.positional), {}, work_};
        for (const auto& [name, node] : nodes.named) given.named.emplace_back(name, evaluate(node));
        if (nodes.rest)
            for (value& item : items_of(evaluate(nodes.rest))) given.positional.push_back(std::move(item));
        if (nodes.named_rest) {
            const value rest = evaluate(nodes.named_rest);
            if (!rest.as_mapping()) rest.refuse("giving arguments after **");
            for (const auto& [name, content] : rest.as_mapping()->entries)
                give_named(given, need_text(name, "an argument's name"), content);
        }
        work_->spend(given.positional.size() + given.named.size());
        return given;
    }
    static void give_named(arguments& given, const std::string& name, const value& content) {
        for (const auto& earlier : given.named)
            if (earlier.first == name) problem(given.callee, " was given its argument \"", name, "\" twice");
        given.named.emplace_back(name, content);
    }
    /// A value that was made here, counted as work.
    value made(value v) {
        if (const auto* text = v.as_text()) work_->spend(text->size() / 32);
        else work_->spend(v.own_size() + v.reach().parts / 16);
        return v;
    }
    /// Counts the work of writing out a value that is not yet text.
    void spend_on_printing(const value& v) {
        if (!v.as_text()) work_->spend(v.reach().parts);
    }

    static value call_value(const value& callee, const arguments& given) {
        const auto* function = callee.as_callable();
        if (!function || !function->call) callee.refuse("calling " + given.callee);
        return function->call(given);
    }
    /// Whether the filter writes out whatever it is given.
    static bool prints(std::string_view filter) {
        constexpr std::string_view names[] = {"tojson", "string",      "safe",       "upper",     "lower",     "title",
                                              "trim",   "replace",     "capitalize", "center",    "wordcount", "escape",
                                              "e",      "forceescape", "format",     "urlencode", "join"};
        return std::find(std::begin(names), std::end(names), filter) != std::end(names);
    }
    value look_up(const std::string& name) const {
        for (const scope* at = scope_.get(); at; at = at->outer.get())
            if (const auto found = at->names.find(name); found != at->names.end()) return found->second;
        return undefined{"\"" + name + "\" is not defined"};
    }

private:
    value result_of(const literal& node, int) { return node.content; }
    value result_of(const name_read& node, int) { return look_up(node.name); }
    value result_of(const list_display& node, int) { return made(value::list(evaluate_all(node.items))); }
    value result_of(const tuple_display& node, int) { return made(value::tuple(evaluate_all(node.items))); }
    value result_of(const dict_display& node, int at_line) {
        mapping dict;
        for (const auto& [key, content] : node.entries) {
            value name = evaluate(key);
            value held = evaluate(content);
            line_ = at_line;
            dict.put(std::move(name), std::move(held));
        }
        return made(std::move(dict));
    }
    value result_of(const unary& node, int at_line) {
        const value operand = evaluate(node.operand);
        line_ = at_line;
        if (node.operation == '!') return !operand.truthy();
        if (operand.as_real()) return node.operation == '-' ? -*operand.as_real() : *operand.as_real();
        return compute(node.operation == '-' ? "-" : "+", std::int64_t{0}, need_integer(operand, "a sign"));
    }
    value result_of(const binary& node, int at_line) {
        value left = evaluate(node.left);
        if (node.operation == "and") return left.truthy() ? evaluate(node.right) : left;
        if (node.operation == "or") return left.truthy() ? left : evaluate(node.right);
        const value right = evaluate(node.right);
        line_ = at_line;
        if (node.operation == "~") spend_on_printing(left);
        if (node.operation == "~" || node.operation == "%") spend_on_printing(right);
        return made(compute(node.operation, left, right));
    }
    value result_of(const comparison& node, int at_line) {
        value left = evaluate(node.first);
        for (const auto& [operation, operand] : node.rest) {
            value right = evaluate(operand);
            line_ = at_line;
            const bool searches = operation == "in" || operation == "not in";
            work_->spend(searches && !right.as_mapping() ? right.reach().parts / 4
                                                         : std::min(left.reach().parts, right.reach().parts) / 4);
            if (!compare(operation, left, right)) return false;
            left = std::move(right);
        }
        return true;
    }
    value result_of(const conditional& node, int) {
        if (evaluate(node.condition).truthy()) return evaluate(node.then);
        return node.otherwise ? evaluate(node.otherwise)
                              : value{undefined{"the condition does not hold and there is no else"}};
    }
    value result_of(const member& node, int at_line) {
        const value object = evaluate(node.object);
        line_ = at_line;
        return member_of(object, node.name);
    }
    value result_of(const subscript& node, int at_line) {
        const value object = evaluate(node.object);
        const value index = evaluate(node.index);
        line_ = at_line;
        if (object.as_text()) work_->spend(object.as_text()->size() / 16);
        return subscript_of(object, index);
    }
    value result_of(const slice& node, int at_line) {
        const value object = evaluate(node.object);
        const value start = evaluate_or_none(node.start), stop = evaluate_or_none(node.stop),
                    step = evaluate_or_none(node.step);
        line_ = at_line;
        if (object.as_text()) work_->spend(object.as_text()->size() / 16);
        return made(slice_of(object, start, stop, step));
    }
    value result_of(const call& node, int at_line) {
        const value callee = evaluate(node.callee);
        const arguments given = evaluate_arguments(node.name, node.given);
        line_ = at_line;
        return made(call_value(callee, given));
    }
    value result_of(const filter_use& node, int at_line) {
        const value input = node.input ? evaluate(node.input) : value{std::exchange(block_text_, {})};
        const arguments given = evaluate_arguments(node.name, node.given);
        line_ = at_line;
        if (prints(node.name)) spend_on_printing(input);
        return made(apply_filter(node.name, input, given));
    }
    value result_of(const test_use& node, int at_line) {
        const value input = evaluate(node.input);
        const arguments given = evaluate_arguments(node.name, node.given);
        line_ = at_line;
        if (!given.positional.empty()) work_->spend(given.positional[0].reach().parts / 4);
        return passes_test(input, node.name, given) != node.negated;
    }

protected:
    std::shared_ptr<scope> scope_ = std::make_shared<scope>();
    std::shared_ptr<budget> work_ = std::make_shared<budget>();
    std::string block_text_{};  // what the filters of a filter or set block read
    int depth_ = 0;
    int line_ = 1;
};

}  // namespace aha::detail::jinja
