#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/code/code_runner.hpp>
#include <aha/reward/code/language.hpp>
#include <aha/reward/code/program_text.hpp>
#include <aha/reward/code/task.hpp>

namespace aha {

/// What a `code_reward` reads and gives.
struct code_reward_options {
    code_options run{};                                           ///< how programs are run
    code::language language = code::language::python();           ///< what they are written in
    code::program_place place = code::program_place::last_block;  ///< where in a completion they stand
    code::task_layout layout = code::task_layout::by_fields;      ///< where in a row their tests stand
    bool partial = false;  ///< give the share of the tests that pass; else 1 for all of them, 0 otherwise

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        run.validate();
        language.validate();
        require(!partial || run.all_tests, "partial credit needs all_tests in the options of the run");
    }
};

/// R1's accuracy reward for programs: the completion's program is run against the tests of the data row, in a sandbox
/// (paper, section 2.2.2). A completion without a program has 0.
///
/// Throws `aha::error` if the row has no tests that make sense, or the sandbox fails; never for what a program does.
class code_reward {
public:
    /// Throws `aha::error` if there is no sandbox here, or naming the first option that makes no sense.
    explicit code_reward(code_reward_options options = {})
        : options_{(options.validate(), std::move(options))}, runner_{options_.run} {}

    double operator()(const prompt& asked, const completion& given) const {
        const std::optional<code::verdict> said = judge(asked, given);
        if (!said) return 0;
        if (!options_.partial) return said->result == code::outcome::accepted ? 1 : 0;
        return static_cast<double>(said->passed) / static_cast<double>(said->tests);
    }

    /// What the tests say of the completion's program; nothing if it gives none.
    std::optional<code::verdict> judge(const prompt& asked, const completion& given) const {
        const code::task task = task_of(asked);
        const auto program = code::program_text(given.text, options_.language, options_.place);
        if (!program) return std::nullopt;
        return runner_(code::whole_program(task, *program), options_.language, task.tests);
    }

    const code_reward_options& options() const { return options_; }  ///< as given

private:
    code::task task_of(const prompt& asked) const {
        try {
            return code::read_task(asked.fields, options_.layout);
        } catch (const error& problem) {
            fail("prompt ", asked.index, ": ", problem.what());
        }
    }

    code_reward_options options_;
    code_runner runner_;
};

}  // namespace aha
