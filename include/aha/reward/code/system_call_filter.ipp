#pragma once

#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/code/descriptor.hpp>
#include <aha/reward/code/system_call_filter.hpp>

namespace aha::code {
namespace detail {

/// Names, since a libseccomp or a kernel may lack the newest: a call that neither knows needs no rule.
inline constexpr std::array refused_calls{"acct",
                                          "add_key",
                                          "bpf",
                                          "chroot",
                                          "clock_adjtime",
                                          "clock_settime",
                                          "delete_module",
                                          "fanotify_init",
                                          "finit_module",
                                          "fsconfig",
                                          "fsmount",
                                          "fsopen",
                                          "fspick",
                                          "init_module",
                                          "io_uring_enter",
                                          "io_uring_register",
                                          "io_uring_setup",
                                          "ioperm",
                                          "iopl",
                                          "kcmp",
                                          "kexec_file_load",
                                          "kexec_load",
                                          "keyctl",
                                          "landlock_create_ruleset",
                                          "lookup_dcookie",
                                          "mbind",
                                          "migrate_pages",
                                          "modify_ldt",
                                          "mount",
                                          "mount_setattr",
                                          "move_mount",
                                          "move_pages",
                                          "name_to_handle_at",
                                          "nfsservctl",
                                          "open_by_handle_at",
                                          "open_tree",
                                          "perf_event_open",
                                          "personality",
                                          "pidfd_getfd",
                                          "pivot_root",
                                          "process_madvise",
                                          "process_vm_readv",
                                          "process_vm_writev",
                                          "ptrace",
                                          "quotactl",
                                          "quotactl_fd",
                                          "reboot",
                                          "request_key",
                                          "set_mempolicy",
                                          "setdomainname",
                                          "sethostname",
                                          "setns",
                                          "settimeofday",
                                          "stime",
                                          "swapoff",
                                          "swapon",
                                          "syslog",
                                          "umount",
                                          "umount2",
                                          "unshare",
                                          "uselib",
                                          "userfaultfd",
                                          "vhangup"};

}  // namespace detail

AHA_INLINE std::string system_call_filter() {
    const std::unique_ptr<void, void (*)(void*)> filter{seccomp_init(SCMP_ACT_ALLOW), [](void* made) {
                                                            if (made != nullptr) seccomp_release(made);
                                                        }};
    bool made = filter != nullptr;
    const auto refuse = [&](const char* call, int with, unsigned compared, const scmp_arg_cmp& one) {
        const int number = seccomp_syscall_resolve_name(call);
        if (number == __NR_SCMP_ERROR) return;
        const int said = seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(static_cast<std::uint16_t>(with)), number,
                                                compared, &one);
        made = made && (said == 0 || said == -EEXIST);
    };
    if (made) {
        for (const char* call : detail::refused_calls) refuse(call, EPERM, 0, {});
        // The flags of clone3 stand in memory, which a filter cannot read; a C library without it falls back on clone.
        refuse("clone3", ENOSYS, 0, {});
        for (const std::uint64_t space :
             {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP})
            refuse("clone", EPERM, 1, {.arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = space, .datum_b = space});
        refuse("socket", EPERM, 1, {.arg = 0, .op = SCMP_CMP_NE, .datum_a = AF_UNIX, .datum_b = 0});
        constexpr std::uint64_t type_into_terminal = 0x5412;  // TIOCSTI
        refuse("ioctl", EPERM, 1,
               {.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = 0xFFFFFFFFU, .datum_b = type_into_terminal});
    }
    std::string program;
    if (const descriptor file{made ? memfd_create("filter", MFD_CLOEXEC) : -1};
        file && seccomp_export_bpf(filter.get(), file.get()) == 0) {
        program.resize(static_cast<std::size_t>(lseek(file.get(), 0, SEEK_END)));
        if (pread(file.get(), program.data(), program.size(), 0) != static_cast<ssize_t>(program.size()))
            program.clear();
    }
    require(!program.empty(), "libseccomp could not make a filter of system calls");
    return program;
}

}  // namespace aha::code
