#pragma once

inline std::vector<int> numbers() { return {1, 2}; }
