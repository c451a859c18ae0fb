#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <aha/text/jinja/value.hpp>

/// What the evaluator looks names up in, and what it gives back.
namespace aha::detail::jinja {

/// A rendered template: its text and the byte ranges [begin, end) that `{% generation %}` blocks wrote.
struct rendering {
    std::string text;
    std::vector<std::pair<std::size_t, std::size_t>> generated;
};

/// Names and their values; a name that is not here is looked for in `outer`.
struct scope {
    std::map<std::string, value, std::less<>> names;
    std::shared_ptr<const scope> outer;
};

}  // namespace aha::detail::jinja
