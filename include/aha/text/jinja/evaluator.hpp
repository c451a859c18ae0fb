#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <aha/text/jinja/filters.hpp>
#include <aha/text/jinja/globals.hpp>
#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/print.hpp>
#include <aha/text/jinja/scope.hpp>
#include <aha/text/jinja/syntax.hpp>
#include <aha/text/jinja/tests.hpp>
#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// Walks a template's tree once and writes its text. Nesting, steps and output are bounded: no template hangs or
/// overflows.
class evaluator {
public:
    /// `variables` are the names that the template is given; `now` is what strftime_now shows (none: the local time).
    evaluator(const mapping& variables, std::optional<std::tm> now) : scope_{std::make_shared<scope>()} {
        auto& names = scope_->names;
        names["raise_exception"] = callable{[](const arguments& given) -> value {
            problem("the template says: ", given.positional.empty() ? "" : to_text(given.positional[0]));
        }};
        names["strftime_now"] = callable{[now](const arguments& given) {
            return strftime_now(need_text(given.bind({"format"})[0].value_or(value{}), "strftime_now"), now);
        }};
        names["range"] = callable{range};
        names["dict"] = callable{[](const arguments& given) -> value { return dict_of(given); }};
        names["namespace"] = callable{[this](const arguments& given) -> value {
            spaces_.push_back(std::make_shared<name_space>(name_space{dict_of(given)}));
            for (const auto& entry : spaces_.back()->attributes.entries) check_attribute(entry.first);
            return spaces_.back();
        }};
        for (const auto& [name, content] : variables.entries) names[name] = content;
    }
    evaluator(const evaluator&) = delete;
    evaluator& operator=(const evaluator&) = delete;
    ~evaluator() {
        for (const auto& space : spaces_) space->attributes.entries.clear();  // a namespace may hold itself
    }

    /// The text of the whole template. A `template_problem` that comes out of it happened on `line()`.
    rendering run(const block& body) {
        const scoped_names root{*this, scope_};
        execute(body);
        return {std::move(root_output_), std::move(generated_)};
    }
    int line() const { return line_; }

private:
    enum class flow { on, leave_loop, next_item };

    /// A new scope inside `outer`, for as long as it lives.
    class scoped_names {
    public:
        scoped_names(evaluator& owner, std::shared_ptr<const scope> outer) : owner_{owner}, before_{owner.scope_} {
            owner.scope_ = std::make_shared<scope>(scope{{}, std::move(outer)});
        }
        scoped_names(const scoped_names&) = delete;
        scoped_names& operator=(const scoped_names&) = delete;
        ~scoped_names() { owner_.scope_ = before_; }

    private:
        evaluator& owner_;
        std::shared_ptr<scope> before_;
    };

    /// One more level of recursion, and one more step.
    class level {
    public:
        explicit level(evaluator& owner) : depth_{owner.depth_} {
            if (owner.depth_ >= 400) problem("nested deeper than 400 levels");
            owner.count_steps(1);
            ++depth_;
        }
        level(const level&) = delete;
        level& operator=(const level&) = delete;
        ~level() { --depth_; }

    private:
        int& depth_;
    };

    /// Counts work that has been done or is about to be.
    void count_steps(std::size_t steps) {
        steps_ += steps;
        if (steps_ > 20'000'000) problem("rendering takes more than 20 million steps");
    }

    // Statements.

    flow execute(const block& body) {
        for (const statement& one : body) {
            const level deeper{*this};
            line_ = one.line;
            if (const flow next = std::visit([&](const auto& node) { return run_one(node); }, one.node);
                next != flow::on)
                return next;
        }
        return flow::on;
    }

    void write(std::string_view text) {
        count_steps(text.size() / 64);
        if (output_ != &root_output_) return grow(*output_, text);
        if (root_output_.size() + text.size() > 100'000'000) problem("more than 100 million bytes of output");
        root_output_ += text;
    }
    /// What `body` writes, in a scope of its own; `filters` (or null) applied.
    value captured(const block& body, const expression_ptr& filters) {
        std::string text;
        {
            const scoped_names inner{*this, scope_};
            std::string* const before = std::exchange(output_, &text);
            struct put_back {
                std::string*& place;
                std::string* before;
                ~put_back() { place = before; }
            } const at_end{output_, before};
            execute(body);
        }
        if (!filters) return text;
        block_text_ = text;
        return evaluate(filters);
    }
    static void check_attribute(const std::string& name) {
        if (name.starts_with('_')) problem("a namespace attribute may not begin with \"_\"");
    }
    void assign(const std::string& name, const std::string& attribute, value content) {
        if (attribute.empty()) {
            scope_->names[name] = std::move(content);
            return;
        }
        check_attribute(attribute);
        name_space* const space = look_up(name).as_name_space();
        if (!space) problem("\"", name, "\" is not a namespace, so its attribute \"", attribute, "\" cannot be set");
        space->attributes.put(attribute, std::move(content));
    }
    void unpack(const std::vector<std::string>& targets, const value& content) {
        if (targets.size() == 1) return assign(targets[0], "", content);
        const auto items = items_of(content);
        if (items.size() != targets.size())
            problem(items.size(), " values cannot be unpacked into ", targets.size(), " names");
        for (std::size_t i = 0; i < items.size(); ++i) assign(targets[i], "", items[i]);
    }

    flow run_one(const text_output& node) { return write(node.text), flow::on; }
    flow run_one(const expression_output& node) { return write(to_text(evaluate(node.content))), flow::on; }
    flow run_one(const if_statement& node) {
        for (const auto& [condition, body] : node.branches)
            if (evaluate(condition).truthy()) return execute(body);
        return execute(node.otherwise);
    }
    flow run_one(const for_statement& node) {
        const value visited = evaluate(node.items);
        std::vector<value> items = items_of(visited);
        if (node.condition)
            std::erase_if(items, [&](const value& item) {
                count_steps(1);
                const scoped_names inner{*this, scope_};
                unpack(node.targets, item);
                return !evaluate(node.condition).truthy();
            });
        const auto size = static_cast<std::int64_t>(items.size());
        bool finished_one = false;
        for (std::int64_t i = 0; i < size; ++i) {
            count_steps(10);
            const scoped_names inner{*this, scope_};
            const auto item_at = [&](std::int64_t at) {
                return at >= 0 && at < size ? items[static_cast<std::size_t>(at)]
                                            : value{undefined{"there is no such item of the loop"}};
            };
            scope_->names["loop"] = mapping{{{"index", i + 1},
                                             {"index0", i},
                                             {"first", i == 0},
                                             {"last", i == size - 1},
                                             {"length", size},
                                             {"depth", std::int64_t{1}},  // loops are never recursive
                                             {"depth0", std::int64_t{0}},
                                             {"revindex", size - i},
                                             {"revindex0", size - i - 1},
                                             {"previtem", item_at(i - 1)},
                                             {"nextitem", item_at(i + 1)}}};
            unpack(node.targets, item_at(i));
            const flow next = execute(node.body);
            finished_one |= next == flow::on;
            if (next == flow::leave_loop) {
                if (const auto* row = visited.as_sequence(); row && row->read) *row->read = sequence::reading::part;
                break;
            }
        }
        if (finished_one) return flow::on;
        const scoped_names inner{*this, scope_};  // as in Jinja, also after items whose bodies were all left early
        return execute(node.otherwise);
    }
    flow run_one(const loop_control& node) { return node.ends_loop ? flow::leave_loop : flow::next_item; }
    flow run_one(const set_statement& node) {
        value content = evaluate(node.content);
        if (node.attribute.empty()) unpack(node.targets, content);
        else assign(node.targets[0], node.attribute, std::move(content));
        return flow::on;
    }
    flow run_one(const set_block& node) {
        return assign(node.target, node.attribute, captured(node.body, node.filters)), flow::on;
    }
    flow run_one(const filter_block& node) { return write(to_text(captured(node.body, node.filters))), flow::on; }
    flow run_one(const with_statement& node) {
        std::vector<value> contents;
        for (const auto& variable : node.variables) contents.push_back(evaluate(variable.second));
        const scoped_names inner{*this, scope_};
        for (std::size_t i = 0; i < contents.size(); ++i) assign(node.variables[i].first, "", contents[i]);
        return execute(node.body);
    }
    flow run_one(const generation_block& node) {
        if (output_ != &root_output_)
            problem("a generation block inside of a macro, set or filter block is not supported");
        const std::size_t begin = root_output_.size();
        const scoped_names inner{*this, scope_};
        const flow next = execute(node.body);
        generated_.emplace_back(begin, root_output_.size());
        return next;
    }
    flow run_one(const macro_statement& node) {
        scope_->names[node.definition->name] = callable{
            [this, definition = node.definition, home = std::weak_ptr{scope_}](const arguments& given) -> value {
                const auto outer = home.lock();
                if (!outer)
                    problem("the macro \"", definition->name, "\" is called outside of the block that defines it");
                return call_macro(*definition, given, outer);
            }};
        return flow::on;
    }
    value call_macro(const macro& definition, const arguments& given, const std::shared_ptr<scope>& home) {
        const scoped_names inner{*this, home};
        const auto& parameters = definition.parameters;
        if (given.positional.size() > parameters.size())
            problem("the macro \"", definition.name, "\" takes ", parameters.size(), " arguments, not ",
                    given.positional.size());
        for (const auto& named : given.named) {
            const std::string& name = named.first;  // clang 16 with OpenMP captures no structured binding
            const auto found =
                std::find_if(parameters.begin(), parameters.end(), [&](const auto& p) { return p.first == name; });
            if (found == parameters.end() ||
                found - parameters.begin() < static_cast<std::ptrdiff_t>(given.positional.size()))
                problem("the macro \"", definition.name, "\" cannot take the argument \"", name, "\"");
            assign(name, "", named.second);
        }
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const auto& [name, fallback] = parameters[i];
            if (i < given.positional.size()) assign(name, "", given.positional[i]);
            else if (!scope_->names.contains(name))
                assign(
                    name, "",
                    fallback ? evaluate(fallback) : value{undefined{"the parameter \"" + name + "\" was not given"}});
        }
        return captured(definition.body, nullptr);
    }

    // Expressions.

    value evaluate(const expression_ptr& node) {
        const level deeper{*this};
        const int at_line = line_ = node->line;
        value result = std::visit([&](const auto& kind) { return result_of(kind, at_line); }, node->node);
        if (const auto* text = result.as_text()) count_steps(text->size() / 64);
        else if (!std::holds_alternative<name_read>(node->node) && !std::holds_alternative<member>(node->node) &&
                 !std::holds_alternative<subscript>(node->node))
            count_steps(result.reach().parts / 4);  // a value that was made here, not only looked up
        return result;
    }
    value evaluate_or_none(const expression_ptr& node) { return node ? evaluate(node) : value{none{}}; }
    std::vector<value> evaluate_all(const std::vector<expression_ptr>& nodes) {
        std::vector<value> values;
        for (const auto& node : nodes) values.push_back(evaluate(node));
        return values;
    }
    arguments evaluate_arguments(const std::string& callee, const call_arguments& nodes) {
        arguments given{callee, evaluate_all(nodes.positional), {}};
        for (const auto& [name, node] : nodes.named) given.named.emplace_back(name, evaluate(node));
        return given;
    }
    value look_up(const std::string& name) const {
        for (const scope* at = scope_.get(); at; at = at->outer.get())
            if (const auto found = at->names.find(name); found != at->names.end()) return found->second;
        return undefined{"\"" + name + "\" is not defined"};
    }

    value result_of(const literal& node, int) { return node.content; }
    value result_of(const name_read& node, int) { return look_up(node.name); }
    value result_of(const list_display& node, int) { return value::list(evaluate_all(node.items)); }
    value result_of(const tuple_display& node, int) { return value::tuple(evaluate_all(node.items)); }
    value result_of(const dict_display& node, int at_line) {
        mapping dict;
        for (const auto& [key, content] : node.entries) {
            const value name = evaluate(key);
            line_ = at_line;
            dict.put(need_text(name, "a dict key"), evaluate(content));
        }
        return dict;
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
        return compute(node.operation, left, right);
    }
    value result_of(const comparison& node, int at_line) {
        value left = evaluate(node.first);
        for (const auto& [operation, operand] : node.rest) {
            value right = evaluate(operand);
            line_ = at_line;
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
        const value item = item_of(object, index);
        return item.is_undefined() && index.as_text() ? member_of(object, *index.as_text()) : item;
    }
    value result_of(const slice& node, int at_line) {
        const value object = evaluate(node.object);
        const value start = evaluate_or_none(node.start), stop = evaluate_or_none(node.stop),
                    step = evaluate_or_none(node.step);
        line_ = at_line;
        return slice_of(object, start, stop, step);
    }
    value result_of(const call& node, int at_line) {
        const value callee = evaluate(node.callee);
        const arguments given = evaluate_arguments(node.name, node.given);
        line_ = at_line;
        if (!callee.as_callable()) callee.refuse("calling " + node.name);
        return callee.as_callable()->call(given);
    }
    value result_of(const filter_use& node, int at_line) {
        const value input = node.input ? evaluate(node.input) : value{std::exchange(block_text_, {})};
        const arguments given = evaluate_arguments(node.name, node.given);
        line_ = at_line;
        return apply_filter(node.name, input, given);
    }
    value result_of(const test_use& node, int at_line) {
        const value input = evaluate(node.input);
        const arguments given = evaluate_arguments(node.name, node.given);
        line_ = at_line;
        return passes_test(input, node.name, given) != node.negated;
    }

    std::shared_ptr<scope> scope_;
    std::vector<std::shared_ptr<name_space>> spaces_;
    std::string root_output_;
    std::string* output_ = &root_output_;
    std::string block_text_;  // what the filters of a filter or set block read
    std::vector<std::pair<std::size_t, std::size_t>> generated_;
    int depth_ = 0;
    int line_ = 1;
    std::size_t steps_ = 0;
};

}  // namespace aha::detail::jinja
