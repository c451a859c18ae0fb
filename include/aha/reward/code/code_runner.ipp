#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <semaphore>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/json.hpp>
#include <aha/reward/code/code_runner.hpp>
#include <aha/reward/code/compile_cache.hpp>
#include <aha/reward/code/python_checks.hpp>
#include <aha/reward/code/same_output.hpp>

namespace aha {
namespace code::detail {

/// The end of a text, where an error message says what happened.
inline std::string end_of(std::string_view text) {
    constexpr std::size_t most = 500;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    return std::string{text.substr(text.size() - std::min(most, text.size()))};
}

/// What one test says.
struct test_end {
    outcome result = outcome::accepted;
    std::string reason{};
};

/// What a run's end says, if it is not by itself and with success.
inline std::optional<test_end> failure_of(const sandbox_run& run, const language& in) {
    if (run.end == run_end::out_of_time) return test_end{outcome::out_of_time, "it ran longer than it may"};
    if (run.end == run_end::out_of_output) return test_end{outcome::error, "it wrote more than it may"};
    if (run.status == 0) return std::nullopt;
    const std::string reason = end_of(run.errors);
    const bool memory = std::ranges::any_of(
        in.memory_signs, [&](const std::string& sign) { return reason.find(sign) != std::string::npos; });
    return test_end{memory ? outcome::out_of_memory : outcome::error,
                    reason.empty() ? "it ended with status " + std::to_string(run.status) : reason};
}

inline std::shared_ptr<const std::string> shared_text(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

}  // namespace code::detail

struct code_runner::shared {
    explicit shared(code_options given)
        : options{(given.validate(), std::move(given))},
          box{options.sandbox},
          cache{options.cache},
          places{static_cast<std::ptrdiff_t>(options.at_a_time)} {}

    /// The files of a program whose text is `text`; the failure instead if it cannot be compiled.
    std::optional<code::detail::test_end> prepare(const std::string& text, const code::language& in,
                                                  std::vector<code::sandbox_file>& files) {
        const code::sandbox_file source{.name = in.file, .contents = code::detail::shared_text(text)};
        if (in.compile.empty()) {
            files.push_back(source);
            return std::nullopt;
        }
        std::string key = in.name;
        for (const std::string& word : in.compile) key += '\n' + word;
        const code::compiled_program made = cache.get(key + '\n' + text, [&] {
            code::sandbox_run run = box.run({.words = in.compile, .files = {source}}, options.compile_limits);
            code::compiled_program program{.errors = std::move(run.errors),
                                           .out_of_time = run.end == code::run_end::out_of_time};
            if (run.end == code::run_end::exited && run.status == 0)
                program.bytes = code::detail::shared_text(std::move(run.output));
            return program;
        });
        if (!made.bytes)
            return code::detail::test_end{code::outcome::compile_error, made.out_of_time
                                                                            ? "the compiler took longer than it may"
                                                                            : made.errors.substr(0, 500)};
        files.push_back({.name = "program", .contents = made.bytes, .executable = true});
        return std::nullopt;
    }

    code::detail::test_end run(std::string_view program, const code::language& in, const code::test& one) {
        std::string text{program};
        if (!one.harness.empty()) text += "\n" + one.harness + "\n";
        code::sandbox_command command{.words = in.run, .files = {}, .input = one.input};
        if (const auto failed = prepare(text, in, command.files)) return *failed;
        const code::sandbox_run run = box.run(command, options.limits);
        if (const auto failed = code::detail::failure_of(run, in)) return *failed;
        if (same_output(one.output, run.output, options.comparison)) return {};
        return {code::outcome::wrong_answer, "it wrote " + code::detail::end_of(run.output)};
    }

    /// Python's checks, all in one run.
    std::vector<code::detail::test_end> run_checks(std::string_view program, const code::language& in,
                                                   std::span<const code::test> tests) {
        using code::detail::shared_text;
        require(in.name == "python", "checks are assertions in Python, and cannot test a program in ", in.name);
        json checks = json::array();
        for (const code::test& one : tests) checks.push_back({{"checks", one.checks}, {"names", one.names}});
        const std::string values{code::detail::python_values};
        std::vector<std::string> words = in.run;
        std::replace(words.begin(), words.end(), "/box/" + in.file, std::string{"/box/serve.py"});
        const auto [checked, ran] =
            box.run_pair({.words = {"/usr/bin/python3", "-I", "-S", "-B", "/box/check.py"},
                          .files = {{"check.py", shared_text(values + std::string{code::detail::python_checks})},
                                    {"checks.json", shared_text(checks.dump())}}},
                         {.words = words,
                          .files = {{"serve.py", shared_text(values + std::string{code::detail::python_program})},
                                    {in.file, shared_text(std::string{program})}}},
                         options.limits);
        std::vector<code::detail::test_end> ends;
        std::istringstream lines{checked.output};
        for (std::string line; std::getline(lines, line) && ends.size() < tests.size();) {
            const json said = json::parse(line, nullptr, false);
            if (!said.is_array()) break;
            code::detail::test_end end{code::outcome::compile_error, said[1].get<std::string>()};
            for (const auto result : {code::outcome::accepted, code::outcome::wrong_answer, code::outcome::error,
                                      code::outcome::out_of_memory})
                if (said[0].get<std::string>() == to_string(result)) end.result = result;
            ends.push_back(std::move(end));
        }
        // The rest was not reached, by a limit of one of the two.
        code::detail::test_end rest{code::outcome::error, "the program ended"};
        if (const auto failed = code::detail::failure_of(ran, in)) rest = *failed;
        if (ran.end == code::run_end::exited && checked.end != code::run_end::exited)
            rest = *code::detail::failure_of(checked, in);
        ends.resize(tests.size(), rest);
        // A program that a limit ended is not one that ended by itself.
        for (code::detail::test_end& end : ends)
            if (end.reason.starts_with("EOFError: the program ended") || end.reason.starts_with("BrokenPipeError"))
                end = rest;
        return ends;
    }

    code_options options;
    code::sandbox box;
    code::compile_cache cache;
    std::counting_semaphore<> places;
};

AHA_INLINE code_runner::code_runner(code_options options) : shared_{std::make_shared<shared>(std::move(options))} {}

AHA_INLINE const code_options& code_runner::options() const { return shared_->options; }

AHA_INLINE code::verdict code_runner::operator()(std::string_view program, const code::language& in,
                                                 std::span<const code::test> tests) const {
    in.validate();
    require(!tests.empty(), "a program without tests cannot be judged");
    for (const code::test& one : tests) one.validate();
    shared_->places.acquire();
    const std::unique_ptr<shared, void (*)(shared*)> place{shared_.get(), [](shared* of) { of->places.release(); }};

    code::verdict said{.tests = tests.size()};
    for (std::size_t i = 0; i < tests.size() && (!said.failing_test || shared_->options.all_tests);) {
        std::size_t end = i + 1;
        std::vector<code::detail::test_end> ends;
        if (tests[i].checks.empty()) {
            ends.push_back(shared_->run(program, in, tests[i]));
        } else {
            while (end < tests.size() && !tests[end].checks.empty()) ++end;
            ends = shared_->run_checks(program, in, tests.subspan(i, end - i));
        }
        for (const code::detail::test_end& one : ends) {
            if (one.result == code::outcome::accepted) {
                if (!said.failing_test || shared_->options.all_tests) ++said.passed;
            } else if (!said.failing_test) {
                said.result = one.result;
                said.failing_test = i;
                said.reason = one.reason;
            }
            ++i;
        }
    }
    return said;
}

}  // namespace aha
