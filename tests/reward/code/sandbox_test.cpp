#include <aha/reward/code/sandbox.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

namespace {

using namespace aha::code;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Not;
using ::testing::StartsWith;

const sandbox& box() {
    static const sandbox made;
    return made;
}

sandbox_run run_python(const std::string& text, const sandbox_limits& limits = {.seconds = 20},
                       std::string_view input = "") {
    return box().run({.words = {"/usr/bin/python3", "-I", "-B", "/box/main.py"},
                      .files = {{"main.py", std::make_shared<const std::string>(text)}},
                      .input = input},
                     limits);
}

TEST(sandbox, runs_a_program_with_its_input_and_files) {
    const sandbox_run run = run_python(
        "import sys\nprint(sys.stdin.read()[::-1])\nsys.stderr.write('said')\nsys.exit(3)\n", {.seconds = 20}, "abc");
    EXPECT_EQ(run.end, run_end::exited);
    EXPECT_EQ(run.status, 3);
    EXPECT_EQ(run.output, "cba\n");
    EXPECT_EQ(run.errors, "said");
    EXPECT_GT(run.seconds, 0);
}

TEST(sandbox, passes_large_inputs_and_outputs) {
    std::string input;
    for (int i = 0; i < 100'000; ++i) input += std::to_string(i) + "\n";
    const sandbox_run run = run_python("import sys\nsys.stdout.write(sys.stdin.read())\n", {.seconds = 20}, input);
    EXPECT_EQ(run.output, input);
}

TEST(sandbox, says_which_signal_ended_a_program) {
    EXPECT_EQ(run_python("import os\nos.kill(os.getpid(), 11)\n").status, 128 + SIGSEGV);
}

// What a program may not do. Each of these ends with an error of its own, which shows what it was refused.
TEST(sandbox, refuses_what_a_program_has_no_business_with) {
    const struct {
        const char *what, *program, *refusal;
    } cases[] = {
        {"a file of the host", "open('/etc/passwd')", "No such file"},
        {"the home folder", "import os\nos.listdir('/root')", "No such file"},
        {"writing beside its folder", "open('/box/main.py', 'w')", "Read-only file system"},
        {"writing to the root", "open('/x', 'w')", "Read-only file system"},
        {"writing to the system", "open('/usr/x', 'w')", "Read-only file system"},
        {"a device", "open('/dev/sda')", "No such file"},
        {"making a device", "import os, stat\nos.mknod('/tmp/x', 0o600 | stat.S_IFBLK, os.makedev(8, 0))",
         "not permitted"},
        {"the network", "import socket\nsocket.create_connection(('127.0.0.1', 9))", "not permitted"},
        {"a raw socket", "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", "not permitted"},
        {"processes of the host", "import os\nos.listdir('/proc')", "No such file"},
        {"a signal to its parent's group", "import os\nos.kill(-1, 0)", "No such process"},
        {"another user", "import os\nos.setuid(0)", ""},
        {"a namespace",
         "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nassert libc.unshare(0x10000000) == 0, "
         "ctypes.get_errno()",
         "AssertionError: 1"},
        {"a mount",
         "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
         "assert libc.mount(b'x', b'/tmp', b'tmpfs', 0, 0) == 0, ctypes.get_errno()",
         "AssertionError: 1"},
        {"tracing",
         "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
         "assert libc.ptrace(0, 0, 0, 0) == 0, ctypes.get_errno()",
         "AssertionError: 1"},
        {"a host's name", "import socket\nsocket.sethostname('x')", "not permitted"},
        {"the root of the file system", "import os\nos.chroot('/tmp')", "not permitted"},
        {"more of what it may", "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))",
         "maximum limit"},
        {"a lower niceness", "import os\nos.nice(-5)", "not permitted"},
    };
    for (const auto& one : cases) {
        const sandbox_run run = run_python(one.program);
        EXPECT_EQ(run.end, run_end::exited) << one.what;
        EXPECT_EQ(run.status, 1) << one.what << ": " << run.output << run.errors;
        EXPECT_THAT(run.errors, HasSubstr(one.refusal)) << one.what;
    }
}

TEST(sandbox, has_nothing_of_the_trainer) {
    const sandbox_run run = run_python(
        "import os, sys\n"
        "print(sorted(os.environ))\n"
        "print(os.getuid(), os.getcwd())\n"
        "def is_open(number):\n"
        "    try: os.fstat(number)\n"
        "    except OSError: return False\n"
        "    return True\n"
        "print([number for number in range(256) if is_open(number)])\n");
    EXPECT_EQ(run.output, "['HOME', 'LANG', 'PATH', 'PWD']\n65534 /tmp\n[0, 1, 2]\n") << run.errors;
}

TEST(sandbox, does_not_inherit_open_files) {
    const aha::test::made_folder folder;
    const std::filesystem::path secret = folder.file("secret.txt", "answer");
    std::FILE* open = std::fopen(secret.c_str(), "r");  // without O_CLOEXEC, as many libraries do
    ASSERT_NE(open, nullptr);
    const sandbox_run run = run_python("import os\nos.fstat(" + std::to_string(fileno(open)) + ")\n");
    std::fclose(open);
    EXPECT_THAT(run.errors, HasSubstr("Bad file descriptor"));
}

TEST(sandbox, ends_what_takes_too_much) {
    const struct {
        const char *what, *program;
        run_end end;
        const char* refusal;
    } cases[] = {
        {"time of the processor", "while True: pass", run_end::out_of_time, ""},
        {"time", "import time\ntime.sleep(1000)", run_end::out_of_time, ""},
        {"processes that wait", "import os, time\nfor i in range(2): os.fork()\ntime.sleep(1000)", run_end::out_of_time,
         ""},
        {"a process that leaves its session",
         "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\n"
         "time.sleep(1000)",
         run_end::out_of_time, ""},
        {"output", "while True: print('x' * 1000)", run_end::out_of_output, ""},
        {"error output", "import sys\nwhile True: sys.stderr.write('x' * 1000)", run_end::out_of_output, ""},
        {"memory", "bytearray(1 << 40)", run_end::exited, "MemoryError"},
        {"a file", "with open('/tmp/x', 'wb') as f:\n    while True: f.write(bytes(100000))", run_end::exited,
         "OSError"},
        {"many files", "for i in range(1000):\n    with open('/tmp/%d' % i, 'wb') as f: f.write(bytes(100000))",
         run_end::exited, "No space left"},
        {"threads",
         "import threading, time\nfor i in range(100): threading.Thread(target=time.sleep, args=(1000,)).start()",
         run_end::out_of_time, "can't start new thread"},
    };
    const sandbox_limits little{.seconds = 1,
                                .memory = std::int64_t{2} << 30U,
                                .processes = 8,
                                .disk = std::int64_t{2} << 20U,
                                .output = 100'000};
    for (const auto& one : cases) {
        const auto start = std::chrono::steady_clock::now();
        const sandbox_run run = run_python(one.program, little);
        EXPECT_EQ(run.end, one.end) << one.what << " " << run.errors;
        EXPECT_THAT(run.errors, HasSubstr(one.refusal)) << one.what;
        EXPECT_LE(run.output.size(), 100'000U) << one.what;
        EXPECT_LE(run.errors.size(), 100'000U) << one.what;
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{30}) << one.what;
    }
}

TEST(sandbox, bounds_the_processes_of_each_run_by_itself) {
    // Two at a time, each with as many as it may: neither takes from the other.
    const std::string program =
        "import os, time\nn = 0\n"
        "try:\n    while True:\n        if os.fork() == 0: time.sleep(1000)\n        n += 1\n"
        "except BlockingIOError: print(n)\n";
    std::vector<std::string> counts(2);
    std::vector<std::thread> threads;
    for (std::string& count : counts)
        threads.emplace_back([&] { count = run_python(program, {.seconds = 30, .processes = 6}).output; });
    for (std::thread& one : threads) one.join();
    EXPECT_THAT(counts, ::testing::Each(::testing::AnyOf("4\n", "5\n")));
}

TEST(sandbox, connects_two_programs) {
    const auto program = [](const char* text) {
        return sandbox_command{.words = {"/usr/bin/python3", "-I", "-B", "/box/main.py"},
                               .files = {{"main.py", std::make_shared<const std::string>(text)}}};
    };
    const auto [one, other] =
        box().run_pair(program("import os\nos.write(4, b'twenty')\nprint(os.read(3, 100))\n"),
                       program("import os\nos.write(4, os.read(3, 100).upper())\n"), {.seconds = 20});
    EXPECT_EQ(one.output, "b'TWENTY'\n") << one.errors;
    EXPECT_EQ(other.status, 0) << other.errors;
    const auto [waits, ends] =
        box().run_pair(program("import os\nprint(os.read(3, 100))\n"), program(""), {.seconds = 20});
    EXPECT_EQ(waits.output, "b''\n");
    EXPECT_EQ(ends.status, 0);
}

TEST(sandbox, says_what_is_missing) {
    EXPECT_THAT(aha::test::complaint([] { sandbox{{.bubblewrap = "no-such-program"}}; }),
                AllOf(HasSubstr("no-such-program"), HasSubstr("Debian's package is bubblewrap")));
    // A program in bubblewrap's place that can make no sandbox.
    const aha::test::made_folder folder;
    const auto broken =
        folder.file("bwrap", "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n");
    std::filesystem::permissions(broken, std::filesystem::perms::others_exec | std::filesystem::perms::others_read |
                                             std::filesystem::perms::owner_all);
    std::filesystem::permissions(broken.parent_path(), std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
    EXPECT_THAT(aha::test::complaint([&] { sandbox{{.bubblewrap = broken}}; }), HasSubstr("no sandbox can be had"));
}

TEST(sandbox, refuses_what_makes_no_sense) {
    const auto with = [](const sandbox_command& command, const sandbox_limits& limits = {}) {
        return aha::test::complaint([&] { box().run(command, limits); });
    };
    EXPECT_THAT(with({}), HasSubstr("needs a program"));
    EXPECT_THAT(with({.words = {"/usr/bin/true"}, .files = {{"../x", std::make_shared<const std::string>("")}}}),
                HasSubstr("../x"));
    EXPECT_THAT(with({.words = {"/usr/bin/true"}, .files = {{"x", nullptr}}}), HasSubstr("no contents"));
    EXPECT_THAT(with({.words = {"/usr/bin/true"},
                      .files = std::vector<sandbox_file>(33, {"x", std::make_shared<const std::string>("")})}),
                HasSubstr("at most 32 files, not 33"));
    EXPECT_THAT(with({.words = {"/usr/bin/true"}}, {.seconds = 0}), HasSubstr("not 0"));
    EXPECT_THAT(with({.words = {"/usr/bin/true"}}, {.memory = 1000}), HasSubstr("not 1000"));
    EXPECT_THAT(with({.words = {"/usr/bin/true"}}, {.processes = -1}), HasSubstr("not -1"));
    EXPECT_THAT(with({.words = {"/usr/bin/true"}}, {.disk = 0}), HasSubstr("not 0"));
    EXPECT_THAT(with({.words = {"/usr/bin/true"}}, {.output = 0}), HasSubstr("not 0"));
}

/// Whether all that a killed trainer leaves ends, whichever moment of a run it is killed at: this process becomes the
/// parent of what loses its own.
bool all_ends_with_the_trainer() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int round = 0; round < 60; ++round) {
        std::array<int, 2> ready{};
        if (pipe(ready.data()) != 0) return false;
        const pid_t trainer = fork();
        if (trainer == 0) {
            const sandbox own;
            if (write(ready[1], "", 1) == 1)
                own.run({.words = {"/bin/sh", "-c", "sleep 1000; true"}}, {.seconds = 1000});
            _exit(0);
        }
        char one = 1;
        if (read(ready[0], &one, 1) != 1) return false;
        close(ready[0]), close(ready[1]);
        const auto moment = std::chrono::steady_clock::now() + std::chrono::microseconds{250 * round};
        while (std::chrono::steady_clock::now() < moment) std::this_thread::yield();
        kill(trainer, SIGKILL);
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (waitpid(-1, nullptr, WNOHANG | __WALL) >= 0) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::yield();
        }
    }
    return true;
}

TEST(sandbox, ends_with_the_trainer) {
    const pid_t observer = fork();
    if (observer == 0) _exit(all_ends_with_the_trainer() ? 0 : 1);
    int status = -1;
    EXPECT_EQ(waitpid(observer, &status, 0), observer);
    EXPECT_EQ(status, 0);
}

}  // namespace
