#pragma once

inline int one(int unused) { return 1; }
