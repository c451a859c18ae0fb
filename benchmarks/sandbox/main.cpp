// What a sandbox costs: small programs in Python and in C++ through aha::code_runner, and the same commands without a
// sandbox, in turns. Prints one JSON line for each language and number of threads.
#include <CLI/CLI.hpp>
#include <aha/core/error.hpp>
#include <aha/reward/code/code_runner.hpp>
#include <aha/reward/code/descriptor.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

const aha::code::test adds{.input = "3 4 5\n", .output = "12\n"};
const std::string in_python = "print(sum(int(word) for word in input().split()))\n";
const std::string in_cpp =
    "#include <iostream>\nint main() { long sum = 0, n = 0; while (std::cin >> n) sum += n; std::cout << sum; }\n";

/// A folder of this process's own, which ends with it.
class own_folder {
public:
    own_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "sandbox-XXXXXX").string();
        aha::require(mkdtemp(name.data()) != nullptr, "no folder can be made like ", name);
        path_ = name;
    }
    own_folder(const own_folder&) = delete;
    own_folder& operator=(const own_folder&) = delete;
    ~own_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Runs a command as it is, with pipes; what it writes.
std::string run_bare(std::vector<std::string> words, const std::string& input) {
    using aha::code::descriptor;
    const auto pipe = [] {
        std::array<int, 2> ends{};
        aha::require(pipe2(ends.data(), O_CLOEXEC) == 0, "no pipe can be made");
        return std::pair{descriptor{ends[0]}, descriptor{ends[1]}};
    };
    auto [reads_input, writes_input] = pipe();
    auto [reads_output, writes_output] = pipe();
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, reads_input.get(), 0);
    posix_spawn_file_actions_adddup2(&actions, writes_output.get(), 1);
    pid_t child = -1;
    const int problem = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    aha::require(problem == 0, words[0], " could not be started");
    reads_input.close();
    writes_output.close();
    aha::require(write(writes_input.get(), input.data(), input.size()) == std::ssize(input), "no input was taken");
    writes_input.close();
    std::string output;
    std::array<char, 256> bytes{};
    for (ssize_t got = 0; (got = read(reads_output.get(), bytes.data(), bytes.size())) > 0;)
        output.append(bytes.data(), static_cast<std::size_t>(got));
    int status = 0;
    aha::require(waitpid(child, &status, 0) == child && status == 0, words[0], " failed");
    return output;
}

/// Seconds of one run, by as many threads as given that go on for so long, times threads.
double seconds_a_run(const std::function<void()>& run, std::int64_t threads, double seconds) {
    std::atomic<std::int64_t> runs = 0;
    std::exception_ptr problem;
    std::atomic<bool> failed = false;
    const auto start = std::chrono::steady_clock::now();
    const auto since = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
    {
        std::vector<std::jthread> all;
        for (std::int64_t n = 0; n < threads; ++n)
            all.emplace_back([&] {
                try {
                    for (; since() < seconds && !failed; ++runs) run();
                } catch (...) {
                    if (!failed.exchange(true)) problem = std::current_exception();
                }
            });
    }
    if (problem) std::rethrow_exception(problem);
    return since() / static_cast<double>(runs);
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

struct options {
    std::int64_t turns = 5, threads = 0;
    double seconds = 2;
};

void measure(const options& o) {
    const aha::code_runner runner;
    const own_folder folder;
    const std::string script = folder.path() / "main.py", source = folder.path() / "main.cpp",
                      program = folder.path() / "program";
    std::ofstream{script} << in_python;
    std::ofstream{source} << in_cpp;
    run_bare({"/usr/bin/g++", "-std=c++20", "-O2", "-o", program, source}, "");

    const auto compare = [&](const aha::code::language& in, const std::string& text,
                             const std::vector<std::string>& command, std::int64_t threads) {
        const auto sandboxed = [&] {
            const aha::code::verdict said = runner(text, in, std::array{adds});
            aha::require(said.result == aha::code::outcome::accepted, "the program failed: ", said.reason);
        };
        const auto bare = [&] { aha::require(run_bare(command, adds.input).starts_with("12"), "a wrong sum"); };
        sandboxed(), bare();  // compiled, and read from the disk
        std::vector<double> inside, outside, ratios;
        for (std::int64_t turn = 0; turn < o.turns; ++turn) {
            inside.push_back(seconds_a_run(sandboxed, threads, o.seconds));
            outside.push_back(seconds_a_run(bare, threads, o.seconds));
            ratios.push_back(inside.back() / outside.back());
        }
        const auto rounded = [](double value) { return std::round(value * 100) / 100; };
        std::cout << nlohmann::ordered_json{{"language", in.name},
                                            {"threads", threads},
                                            {"sandboxed_runs_a_second", rounded(1 / median(inside))},
                                            {"bare_runs_a_second", rounded(1 / median(outside))},
                                            {"sandboxed_over_bare", rounded(median(ratios))}}
                  << std::endl;
    };
    const std::int64_t all = o.threads > 0 ? o.threads : std::max(1U, std::thread::hardware_concurrency());
    const aha::code::language python = aha::code::language::python(), cpp = aha::code::language::cpp();
    std::vector<std::string> python_command = python.run;
    python_command.back() = script;
    for (const std::int64_t threads : all > 1 ? std::vector{std::int64_t{1}, all} : std::vector{all}) {
        compare(python, in_python, python_command, threads);
        compare(cpp, in_cpp, {program}, threads);
    }
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Runs a second of small programs, in a sandbox and without one"};
    options o;
    app.add_option("--turns", o.turns, "of each of the two")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--seconds", o.seconds, "of a turn")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--threads", o.threads, "most at a time; 0: one a processor")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    try {
        app.parse(count, arguments);
        measure(o);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem, std::cout, std::cerr) == 0 ? 0 : 2;
    } catch (const std::exception& problem) {
        std::cerr << "error: " << problem.what() << '\n';
        return 1;
    }
    return 0;
}
