#pragma once

#include <gtest/gtest.h>

#include <tests/mutation/run.hpp>

namespace mutation {

/// Runs a kind as a test. Both outcomes must be common, or the damages are too rough or too mild to find anything.
inline void check(const kind& of) {
    const run_options options;
    const outcome done = run(of, options);
    for (const failure& failed : done.failures) ADD_FAILURE() << "input " << failed.index << ": " << failed.what;
    if (options.count < 100 || !done.failures.empty()) return;
    EXPECT_GT(done.taken, options.count / 50) << of.name;
    EXPECT_GT(done.refused, options.count / 10) << of.name;
    EXPECT_EQ(done.taken + done.refused, options.count);
}

}  // namespace mutation
