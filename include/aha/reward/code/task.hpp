#pragma once

#include <string>
#include <vector>

#include <aha/core/json.hpp>
#include <aha/reward/code/test.hpp>

namespace aha::code {

/// How a row of a data set says what a program must do.
enum class task_layout {
    by_fields,  ///< the one whose fields the row has, in the order below
    plain,      ///< "tests": a list of {"input", "output"}, {"harness", "output"} or {"checks"}, or of texts, which are
                ///< checks
    human_eval,  ///< "prompt", "test" and "entry_point", as HumanEval's and HumanEval+'s
    mbpp,        ///< "test_list" and, where there, "test_setup_code", "test_imports" and "code", as MBPP's
    apps,        ///< "input_output" with "inputs", "outputs" and, for functions, "fn_name", as APPS's and TACO's
};

/// A task for a program.
struct task {
    std::string before{};       ///< text that stands before the program's: a signature that it goes on from
    std::string entry_point{};  ///< the function that it must define; empty: none
    std::vector<test> tests{};  ///< what it must do, at least one
};

/// The task of a data row. Throws `aha::error` naming the field if the row has none, or one without tests.
task read_task(const json& row, task_layout layout = task_layout::by_fields);

/// The whole text of a program, with what the task puts before it.
///
/// A program that does not define the entry point goes on from the text before it, as a base model's does; it keeps its
/// blanks. One that does is put behind it.
std::string whole_program(const task& of, const std::string& program);

}  // namespace aha::code

#ifndef AHA_COMPILED
#include <aha/reward/code/task.ipp>
#endif
