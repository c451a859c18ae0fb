#pragma once

#include <vector>

#include <aha/lacks_an_include.hpp>

inline std::vector<int> same_numbers() { return numbers(); }
