// The bodies of aha/reward/code that aha::compiled holds, where libseccomp is; a program links with aha::code besides.
#if __has_include(<seccomp.h>)
#include <aha/reward/code/code_runner.ipp>
#include <aha/reward/code/program_text.ipp>
#include <aha/reward/code/sandbox.ipp>
#include <aha/reward/code/sandbox_keeper.ipp>
#include <aha/reward/code/sandboxed_process.ipp>
#include <aha/reward/code/system_call_filter.ipp>
#include <aha/reward/code/task.ipp>
#endif
