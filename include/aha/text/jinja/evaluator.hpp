#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/expression_evaluator.hpp>
#include <aha/text/jinja/json.hpp>
#include <aha/text/jinja/globals.hpp>
#include <aha/text/jinja/iteration.hpp>
#include <aha/text/jinja/loop.hpp>
#include <aha/text/jinja/print.hpp>
#include <aha/text/jinja/scope.hpp>
#include <aha/text/jinja/syntax.hpp>
#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// Walks a template's tree once and writes its text. Nesting, steps and output are bounded: no template hangs or
/// overflows.
class evaluator : public expression_evaluator {
public:
    /// `variables` are the names that the template is given; `now` is what strftime_now shows (none: the local time).
    evaluator(const mapping& variables, std::optional<std::tm> now) {
        auto& names = scope_->names;
        names["raise_exception"] = callable{[](const arguments& given) -> value {
            problem("the template says: ", to_text(*given.bind({"message"}, 1)[0]));
        }};
        names["strftime_now"] = callable{[now](const arguments& given) {
            return strftime_now(need_text(*given.bind({"format"}, 1)[0], "strftime_now"), now);
        }};
        names["range"] = callable{range};
        callable dict{[](const arguments& given) -> value { return dict_of(given); }};
        dict.attribute = [](std::string_view name) -> std::optional<value> {
            return name == "fromkeys" ? std::optional{value{callable{dict_from_keys}}} : std::nullopt;
        };
        names["dict"] = std::move(dict);
        names["namespace"] = callable{[this](const arguments& given) -> value {
            spaces_.push_back(std::make_shared<name_space>(name_space{dict_of(given)}));
            for (const auto& entry : spaces_.back()->attributes.entries)
                if (entry.first.as_text()) check_attribute(*entry.first.as_text());
            return spaces_.back();
        }};
        names["cycler"] = callable{cycler};
        names["joiner"] = callable{joiner};
        names["lipsum"] = callable{[](const arguments&) -> value { problem("lipsum is not supported"); }};
        for (const auto& [name, content] : variables.entries) names[need_text(name, "a variable's name")] = content;
    }
    ~evaluator() {
        for (const auto& space : spaces_) space->attributes = {};  // a namespace may hold itself
    }

    /// The text of the whole template. A `template_problem` that comes out of it happened on `line()`.
    rendering run(const block& body) {
        const scoped_names root{*this, scope_};
        execute(body);
        return {std::move(root_output_), std::move(generated_)};
    }

private:
    enum class flow { on, leave_loop, next_item };

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
        work_->spend(text.size() / 64);
        if (output_ != &root_output_) return grow(*output_, text);
        if (root_output_.size() + text.size() > 100'000'000) problem("more than 100 million bytes of output");
        root_output_ += text;
    }
    void write(const value& v) {
        spend_on_printing(v);
        write(std::string_view{to_text(v)});
    }
    /// What `act` writes.
    template <class Act>
    std::string captured(Act act) {
        std::string text;
        struct put_back {
            std::string*& place;
            std::string* before;
            ~put_back() { place = before; }
        } const at_end{output_, std::exchange(output_, &text)};
        act();
        return text;
    }
    /// What `body` writes, in a scope of its own; `filters` (or null) applied.
    value captured_block(const block& body, const expression_ptr& filters) {
        std::string text = captured([&] {
            const scoped_names inner{*this, scope_};
            execute(body);
        });
        if (!filters) return text;
        block_text_ = std::move(text);
        return evaluate(filters);
    }

    static void check_attribute(const std::string& name) {
        if (name.starts_with('_')) problem("a namespace attribute may not begin with \"_\"");
    }
    void assign(const target& place, value content) {
        if (place.parts.empty()) return assign(place.name, place.attribute, std::move(content));
        const auto items = items_of(content);
        if (items.size() != place.parts.size())
            problem(items.size(), " values cannot be unpacked into ", place.parts.size(), " names");
        for (std::size_t i = 0; i < items.size(); ++i) assign(place.parts[i], items[i]);
    }
    void assign(const std::string& name, const std::string& attribute, value content) {
        if (attribute.empty()) {
            scope_->names[name] = std::move(content);
            return;
        }
        check_attribute(attribute);
        const value held = look_up(name);
        name_space* const space = held.as_name_space();
        if (!space) problem("\"", name, "\" is not a namespace, so its attribute \"", attribute, "\" cannot be set");
        space->attributes.put(attribute, std::move(content));
    }

    flow run_one(const text_output& node) { return write(std::string_view{node.text}), flow::on; }
    flow run_one(const expression_output& node) { return write(evaluate(node.content)), flow::on; }
    flow run_one(const if_statement& node) {
        for (const auto& [condition, body] : node.branches)
            if (evaluate(condition).truthy()) return execute(body);
        return execute(node.otherwise);
    }
    flow run_one(const for_statement& node) { return run_loop(node, evaluate(node.items), 0); }
    flow run_one(const loop_control& node) { return node.ends_loop ? flow::leave_loop : flow::next_item; }
    flow run_one(const set_statement& node) { return assign(node.place, evaluate(node.content)), flow::on; }
    flow run_one(const set_block& node) {
        return assign(node.place, captured_block(node.body, node.filters)), flow::on;
    }
    flow run_one(const filter_block& node) { return write(captured_block(node.body, node.filters)), flow::on; }
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
        scope_->names[node.definition->name] = macro_value(node.definition);
        return flow::on;
    }
    flow run_one(const call_block& node) {
        const int at_line = line_;
        const auto& called = std::get<call>(node.called->node);
        const value callee = evaluate(called.callee);
        arguments given = evaluate_arguments(called.name, called.given);
        give_named(given, "caller", macro_value(node.caller));
        line_ = at_line;
        return write(call_value(callee, given)), flow::on;
    }

    // Loops.

    /// What the loop visits; a condition is asked when the item's turn comes.
    loop_state::source items_for(const for_statement& node, const value& visited) {
        if (!node.condition) return [from = reader{visited}]() mutable { return from.next(); };
        return [this, &node, from = reader{visited}, outer = scope_]() mutable -> std::optional<value> {
            while (auto item = from.next()) {
                work_->spend(1);
                const scoped_names inner{*this, outer};
                assign(node.item, *item);
                if (evaluate(node.condition).truthy()) return item;
            }
            return std::nullopt;
        };
    }
    flow run_loop(const for_statement& node, const value& visited, std::int64_t depth0) {
        const auto length = node.condition ? std::nullopt : length_of(visited);
        const auto state = std::make_shared<loop_state>(items_for(node, visited), length, depth0);
        struct closing {
            loop_state& of;
            ~closing() { of.close(); }
        } const at_end{*state};
        const value loop = loop_value(node, state, depth0);
        bool finished_one = false;
        while (state->advance()) {
            work_->spend(10);
            const scoped_names inner{*this, scope_};
            scope_->names["loop"] = loop;
            assign(node.item, state->current());
            const flow next = execute(node.body);
            finished_one |= next == flow::on;
            if (next == flow::leave_loop) break;
        }
        if (finished_one) return flow::on;
        const scoped_names inner{*this, scope_};  // as in Jinja, also after items whose bodies were all left early
        return execute(node.otherwise);
    }
    /// `loop`, which a recursive loop calls with the items to go through inside of an item.
    value loop_value(const for_statement& node, const std::shared_ptr<loop_state>& state, std::int64_t depth0) {
        callable loop;
        loop.type = "loop";
        loop.attribute = [state](std::string_view name) { return state->attribute(name); };
        loop.call = [this, &node, depth0, home = std::weak_ptr{scope_}](const arguments& given) -> value {
            if (!node.recursive) problem("a loop that is called must be marked \"recursive\"");
            const auto outer = home.lock();
            if (!outer) problem("a loop is called outside of the block that it is in");
            const value inside = *given.bind({"iterable"}, 1)[0];
            return captured([&] {
                const scoped_names inner{*this, outer};
                run_loop(node, inside, depth0 + 1);
            });
        };
        return loop;
    }

    // Macros.

    value macro_value(const std::shared_ptr<const macro>& definition) {
        callable made;
        made.type = "macro";
        made.call = [this, definition, home = std::weak_ptr{scope_}](const arguments& given) -> value {
            const auto outer = home.lock();
            if (!outer) problem("the macro \"", definition->name, "\" is called outside of the block that defines it");
            return call_macro(*definition, given, outer);
        };
        made.attribute = [definition](std::string_view name) -> std::optional<value> {
            if (name == "name") return value{definition->name};
            if (name == "catch_kwargs") return value{definition->reads_kwargs};
            if (name == "catch_varargs") return value{definition->reads_varargs};
            if (name == "caller") return value{definition->reads_caller};
            if (name != "arguments") return std::nullopt;
            std::vector<value> names;
            for (const auto& parameter : definition->parameters) names.emplace_back(parameter.first);
            return value::tuple(std::move(names));
        };
        return made;
    }
    value call_macro(const macro& definition, const arguments& given, const std::shared_ptr<scope>& home) {
        const scoped_names inner{*this, home};
        auto named = given.named;
        const auto take = [&](std::string_view name) -> std::optional<value> {
            for (auto at = named.begin(); at != named.end(); ++at) {
                if (at->first != name) continue;
                value content = std::move(at->second);
                named.erase(at);
                return content;
            }
            return std::nullopt;
        };
        const auto& parameters = definition.parameters;
        const std::size_t in_order = std::min(given.positional.size(), parameters.size());
        std::vector<std::optional<value>> bound{given.positional.begin(),
                                                given.positional.begin() + static_cast<std::ptrdiff_t>(in_order)};
        for (std::size_t i = in_order; i < parameters.size(); ++i) bound.push_back(take(parameters[i].first));
        if (definition.reads_caller && !definition.has_parameter("caller"))
            assign("caller", "", take("caller").value_or(undefined{"no caller is given"}));
        if (definition.reads_kwargs && !definition.has_parameter("kwargs")) {
            mapping rest;
            for (const auto& [name, content] : named) rest.put(name, content);
            assign("kwargs", "", std::move(rest));
        } else if (!named.empty()) {
            problem("the macro \"", definition.name, "\" cannot take the argument \"", named.front().first, "\"");
        }
        if (definition.reads_varargs && !definition.has_parameter("varargs"))
            assign("varargs", "",
                   value::tuple(
                       {given.positional.begin() + static_cast<std::ptrdiff_t>(in_order), given.positional.end()}));
        else if (given.positional.size() > parameters.size())
            problem("the macro \"", definition.name, "\" takes ", parameters.size(), " arguments, not ",
                    given.positional.size());
        for (std::size_t i = 0; i < parameters.size(); ++i)
            if (bound[i]) assign(parameters[i].first, "", *bound[i]);
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const auto& [name, fallback] = parameters[i];
            if (!bound[i])
                assign(
                    name, "",
                    fallback ? evaluate(fallback) : value{undefined{"the parameter \"" + name + "\" was not given"}});
        }
        return captured([&] {
            const scoped_names body{*this, scope_};
            execute(definition.body);
        });
    }

    std::vector<std::shared_ptr<name_space>> spaces_;
    std::string root_output_;
    std::string* output_ = &root_output_;
    std::vector<std::pair<std::size_t, std::size_t>> generated_;
};

}  // namespace aha::detail::jinja
