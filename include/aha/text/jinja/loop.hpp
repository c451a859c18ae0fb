#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// Where a `for` loop is: what `loop` tells in its body. Items are read one by one, and one ahead only where the body
/// asks for what comes next.
class loop_state : public std::enable_shared_from_this<loop_state> {
public:
    using source = std::function<std::optional<value>()>;

    /// `length` where it is known before; `depth0` counts the loops of which this is a recursion.
    loop_state(source next, std::optional<std::size_t> length, std::int64_t depth0)
        : next_{std::move(next)}, length_{length}, depth0_{depth0} {}

    /// Goes to the next item, if there is one.
    bool advance() {
        auto item = peeked_ ? std::exchange(ahead_, std::nullopt) : next_();
        peeked_ = false;
        if (!item) return false;
        before_ = std::exchange(current_, *std::move(item));
        ++index0_;
        return true;
    }
    const value& current() const { return current_; }

    /// Forgets the items, which may hold on to the loop itself.
    void close() {
        next_ = [] { return std::optional<value>{}; };
        before_ = current_ = value{};
        ahead_ = std::nullopt;
        changed_ = std::nullopt;
        closed_ = true;
    }

    std::optional<value> attribute(std::string_view name) {
        if (name == "index") return index0_ + 1;
        if (name == "index0") return index0_;
        if (name == "first") return index0_ == 0;
        if (name == "last") return !peek();
        if (name == "length") return length();
        if (name == "revindex") return length() - index0_;
        if (name == "revindex0") return length() - index0_ - 1;
        if (name == "depth") return depth0_ + 1;
        if (name == "depth0") return depth0_;
        if (name == "previtem") return index0_ > 0 ? before_ : value{undefined{"there is no previous item"}};
        if (name == "nextitem") return peek() ? *ahead_ : value{undefined{"there is no next item"}};
        const auto self = shared_from_this();
        if (name == "cycle")
            return callable{[self](const arguments& given) -> value {
                if (given.positional.empty() || !given.named.empty()) problem("loop.cycle needs items to go round");
                return given.positional[static_cast<std::size_t>(self->index0_) % given.positional.size()];
            }};
        if (name == "changed")
            return callable{[self](const arguments& given) -> value {
                if (!given.named.empty()) problem("loop.changed takes no named arguments");
                if (self->closed_) problem("loop.changed is called after its loop");
                value now = value::tuple(given.positional);
                const bool changed = !self->changed_ || !equal(*self->changed_, now);
                if (changed) self->changed_ = std::move(now);
                return changed;
            }};
        return std::nullopt;
    }

private:
    bool peek() {
        if (!std::exchange(peeked_, true)) ahead_ = next_();
        return ahead_.has_value();
    }
    /// Reads all items where their number is not known.
    std::int64_t length() {
        if (!length_) {
            std::vector<value> rest;
            while (auto item = next_()) rest.push_back(*std::move(item));
            length_ = rest.size() + static_cast<std::size_t>(index0_ + 1) + (ahead_ ? 1 : 0);
            next_ = [row = value::list(std::move(rest)), at = std::size_t{0}]() mutable -> std::optional<value> {
                const auto& items = row.as_sequence()->items;
                return at < items.size() ? std::optional{items[at++]} : std::nullopt;
            };
        }
        return static_cast<std::int64_t>(*length_);
    }

    source next_;
    std::optional<std::size_t> length_;
    std::int64_t depth0_;
    std::int64_t index0_ = -1;
    value before_, current_;
    std::optional<value> ahead_;
    bool peeked_ = false;
    bool closed_ = false;
    std::optional<value> changed_;
};

}  // namespace aha::detail::jinja
