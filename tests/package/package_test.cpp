// The package as its users get it: installed, moved, found, added, fetched, and used by programs of their own.
// AHA_SOURCE is this checkout, AHA_WORK a folder to build in, AHA_TORCH the folder of LibTorch, AHA_CXX the compiler.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>
#include <string>

#include <tests/support/command.hpp>
#include <tests/support/text_files.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::command_result;
using aha::test::run_command;
using aha::test::shell_word;
using aha::test::text_of;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

const fs::path source = AHA_SOURCE, work = AHA_WORK, torch = AHA_TORCH;
const fs::path consumers = source / "tests/package/consumer";

/// CMake's arguments for a build of `project` in `folder`, without LibTorch's place.
std::string configure(const fs::path& project, const fs::path& folder, const std::string& more) {
    return "cmake -G Ninja -S " + shell_word(project.string()) + " -B " + shell_word(folder.string()) +
           " -DCMAKE_CXX_COMPILER=" + shell_word(AHA_CXX) + " " AHA_LAUNCHER " " + more;
}

std::string with_prefix(const std::string& folders) { return "-DCMAKE_PREFIX_PATH=" + shell_word(folders); }

class package : public testing::Test {
protected:
    /// Installs once; the tree is moved, so that nothing can rely on where it was installed.
    static void SetUpTestSuite() {
        fs::remove_all(work);
        fs::create_directories(work);
        const command_result made =
            run_command(configure(source, work / "build",
                                  "-DAHA_BUILD_TESTS=OFF -DAHA_BUILD_EXAMPLES=OFF -DAHA_BUILD_BENCHMARKS=OFF " +
                                      with_prefix(torch.string())) +
                        " && cmake --install " + shell_word((work / "build").string()) + " --prefix " +
                        shell_word((work / "first place").string()));
        ASSERT_EQ(made.status, 0) << made.output;
        fs::rename(work / "first place", work / "installed");
    }

    static std::string prefix() { return (work / "installed").string() + ";" + torch.string(); }

    /// Configures, builds and runs the programs of a consumer.
    static void use(const std::string& consumer, const std::string& options, const std::vector<std::string>& programs) {
        const fs::path build = work / consumer;
        const command_result made = run_command(configure(consumers / consumer, build, options) + " && cmake --build " +
                                                shell_word(build.string()));
        ASSERT_EQ(made.status, 0) << made.output;
        EXPECT_THAT(made.output, Not(AnyOf(HasSubstr("warning"), HasSubstr("runtime search path"))))
            << "of the compiler, or of CMake about two copies of one library";
        for (const std::string& program : programs) {
            const command_result ran = run_command(shell_word((build / program).string()));
            EXPECT_EQ(ran.status, 0) << ran.output;
            EXPECT_EQ(ran.output, program == "reward"        ? "format 1, answer 3\n"
                                  : program == "precompiled" ? "x is 5\n"
                                  : program == "text_all"    ? "sources 1, chat hello, tokens 5\n"
                                  : program == "programs"    ? "accepted, 1 of 1\n"
                                  : program == "compiled"    ? "last is 12, as 12, weights 1\n"
                                                             : "x is 0.5, 12\n")
                << program;
        }
    }

    /// What CMake says when it cannot go on.
    static std::string refusal(const std::string& consumer, const std::string& options) {
        const fs::path build = work / ("refused " + consumer);
        fs::remove_all(build);
        const command_result made = run_command(configure(consumers / consumer, build, options));
        EXPECT_NE(made.status, 0) << made.output;
        return std::regex_replace(made.output, std::regex{"\\s+"}, " ");  // CMake breaks lines
    }

    /// A user's compilations hold nothing of ours but include folders and the standard, and where the bodies come from
    /// in what links with aha::compiled.
    static void expect_no_flag_of_ours(const std::string& consumer) {
        const std::string commands =
            std::regex_replace(text_of(work / consumer / "compile_commands.json"), std::regex{" -DAHA_COMPILED"}, "");
        EXPECT_THAT(commands, HasSubstr("reward.cpp"));
        for (const char* flag : {"-march", "-fno-math-errno", "-fsanitize", " -DAHA", " -O", "-Wundef"})
            EXPECT_THAT(commands, Not(HasSubstr(flag))) << consumer;
        const std::regex below{R"re("command": "([^"]*below/[^"]*)")re"};  // a program without flags of its own
        for (auto at = std::sregex_iterator{commands.begin(), commands.end(), below}; at != std::sregex_iterator{};
             ++at)
            EXPECT_THAT((*at)[1].str(), Not(HasSubstr(" -W"))) << consumer;
    }
};

TEST_F(package, installed_files_name_no_folder_of_the_builder) {
    int files = 0;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator{work / "installed"}) {
        if (!entry.is_regular_file()) continue;
        const std::string text = text_of(entry.path());
        ++files;
        for (const fs::path& folder : {source, work, torch})
            EXPECT_THAT(text, Not(HasSubstr(folder.string()))) << entry.path();
    }
    EXPECT_GT(files, 200);
}

TEST_F(package, installs_every_header_and_nothing_else_of_ours) {
    const auto headers = [](const fs::path& folder) {
        std::vector<std::string> names;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator{folder})
            if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), folder).string());
        std::ranges::sort(names);
        return names;
    };
    EXPECT_EQ(headers(work / "installed/include"), headers(source / "include"));
}

TEST_F(package, is_found_where_it_is_installed) {
    use("installed", with_prefix(prefix()), {"program", "reward", "precompiled", "compiled", "below/below"});
    expect_no_flag_of_ours("installed");
}

TEST_F(package, can_be_a_subdirectory) {
    use("subdirectory", "-DAHA_SOURCE=" + shell_word(source.string()) + " " + with_prefix(torch.string()),
        {"program", "reward", "below/below"});
    expect_no_flag_of_ours("subdirectory");
    const std::string cache = text_of(work / "subdirectory/CMakeCache.txt");
    for (const char* option : {"AHA_BUILD_TESTS", "AHA_BUILD_EXAMPLES", "AHA_BUILD_BENCHMARKS", "AHA_NATIVE",
                               "AHA_INSTALL", "AHA_WARNINGS_AS_ERRORS"})
        EXPECT_THAT(cache, HasSubstr(std::string{option} + ":BOOL=OFF"));
}

TEST_F(package, can_be_fetched) {
    use("fetched", "-DAHA_SOURCE=" + shell_word(source.string()) + " " + with_prefix(torch.string()),
        {"program", "reward"});
    expect_no_flag_of_ours("fetched");
}

TEST_F(package, text_needs_no_libtorch) {
    use("text_only", "-DCMAKE_DISABLE_FIND_PACKAGE_Torch=ON " + with_prefix((work / "installed").string()),
        {"reward", "text_all", "programs"});
}

TEST_F(package, finds_an_unpacked_libtorch) {
    const fs::path unpacked = work / "libtorch";  // what the archive holds: these three folders
    fs::create_directories(unpacked);
    for (const char* part : {"include", "lib", "share"})
        if (!fs::exists(unpacked / part)) fs::create_directory_symlink(torch / part, unpacked / part);
    const fs::path build = work / "unpacked";
    const command_result made =
        run_command(configure(consumers / "installed", build,
                              "-DAHA_PYTHON=/nowhere/python3 " +
                                  with_prefix((work / "installed").string() + ";" + unpacked.string())) +
                    " && cmake --build " + shell_word(build.string()) + " --target program");
    ASSERT_EQ(made.status, 0) << made.output;
    EXPECT_THAT(text_of(build / "CMakeCache.txt"), HasSubstr("Torch_DIR:PATH=" + unpacked.string()));
    EXPECT_EQ(run_command(shell_word((build / "program").string())).output, "x is 0.5, 12\n");
}

TEST_F(package, finds_the_wheel_of_the_active_python) {
    // A Python that says where its wheel is, as torch's does; which one is active is up to PATH.
    const fs::path python = work / "python3";
    std::ofstream{python} << "#!/bin/sh\necho '" << (torch / "share/cmake").string() << "'\n";
    fs::permissions(python, fs::perms::owner_all);
    const fs::path build = work / "wheel";
    const command_result made =
        run_command("PATH=" + shell_word(work.string()) + ":$PATH " +
                    configure(consumers / "installed", build, with_prefix((work / "installed").string())));
    EXPECT_EQ(made.status, 0) << made.output;
    EXPECT_THAT(text_of(build / "CMakeCache.txt"),
                HasSubstr("Torch_DIR:PATH=" + (torch / "share/cmake/Torch").string()));
}

TEST_F(package, says_what_to_install_when_there_is_no_libtorch) {
    const std::string sentence =
        "aha did not find LibTorch: install it (python3 -m pip install torch, or unpack a "
        "LibTorch archive) and configure with -DCMAKE_PREFIX_PATH=";
    const std::string none = "-DCMAKE_DISABLE_FIND_PACKAGE_Torch=ON ";
    EXPECT_THAT(refusal("installed", none + with_prefix((work / "installed").string())), HasSubstr(sentence));
    EXPECT_THAT(refusal("subdirectory", none + "-DAHA_SOURCE=" + shell_word(source.string())), HasSubstr(sentence));
}

TEST_F(package, says_what_to_install_when_another_package_is_missing) {
    EXPECT_THAT(
        refusal("text_only", "-DCMAKE_DISABLE_FIND_PACKAGE_range-v3=ON " + with_prefix((work / "installed").string())),
        HasSubstr("aha did not find range-v3; Debian's packages are "));
}

TEST_F(package, refuses_another_version) {
    const fs::path project = work / "newer";
    fs::create_directories(project);
    std::ofstream{project / "CMakeLists.txt"} << "cmake_minimum_required(VERSION 3.25)\nproject(newer LANGUAGES CXX)\n"
                                                 "find_package(aha 7.3 REQUIRED)\n";
    const command_result made =
        run_command(configure(project, work / "newer build", with_prefix((work / "installed").string())));
    EXPECT_NE(made.status, 0);
    EXPECT_THAT(made.output, HasSubstr("7.3"));
}

TEST_F(package, refuses_a_component_that_it_does_not_have) {
    const fs::path project = work / "component";
    fs::create_directories(project);
    std::ofstream{project / "CMakeLists.txt"} << "cmake_minimum_required(VERSION 3.25)\nproject(newer LANGUAGES CXX)\n"
                                                 "find_package(aha REQUIRED COMPONENTS tensors)\n";
    const command_result made =
        run_command(configure(project, work / "component build", with_prefix((work / "installed").string())));
    EXPECT_NE(made.status, 0);
    EXPECT_THAT(std::regex_replace(made.output, std::regex{"\\s+"}, " "),  // CMake breaks lines
                HasSubstr("aha has no component \"tensors\"; there are aha, text, cld2, code, judge, cuda and nccl"));
}

TEST_F(package, says_what_the_kernels_for_gpus_need) {
    const fs::path project = work / "cuda";
    fs::create_directories(project);
    std::ofstream{project / "CMakeLists.txt"} << "cmake_minimum_required(VERSION 3.25)\nproject(newer LANGUAGES CXX)\n"
                                                 "find_package(aha REQUIRED COMPONENTS cuda)\n";
    const command_result made = run_command(configure(project, work / "cuda build", with_prefix(prefix())));
    const bool has_cuda = fs::exists(torch / "lib" / "libtorch_cuda.so");
    EXPECT_EQ(made.status == 0, has_cuda) << made.output;
    if (!has_cuda) {
        EXPECT_THAT(made.output, HasSubstr("aha::cuda needs a LibTorch with CUDA"));
    }
}

TEST_F(package, is_found_by_pkg_config) {
    const std::string pkg_config =
        "PKG_CONFIG_PATH=" + shell_word((work / "installed/share/pkgconfig").string()) + " pkg-config --cflags --libs ";
    const auto built = [&](const char* file, const std::string& module) {
        const std::string out = shell_word((work / "by pkg-config").string());
        // pkg-config puts a backslash before a space of a folder, which the shell reads in `eval` alone.
        return run_command("flags=$(" + pkg_config + module + ") && eval \"set -- $flags\" && " AHA_CXX " " +
                           shell_word((consumers / file).string()) + " \"$@\" -o " + out + " && " + out);
    };
    EXPECT_EQ(built("reward.cpp", "aha-text").output, "format 1, answer 3\n");
    EXPECT_EQ(built("main.cpp", "--define-variable=torch=" + shell_word(torch.string()) + " aha").output,
              "x is 0.5, 12\n");
}

}  // namespace
