#pragma once

#include <string>

inline std::string right() { return "right"; }
