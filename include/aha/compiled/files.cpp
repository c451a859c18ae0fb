// The bodies of aha/files that aha::compiled holds.
#include <aha/files/append_file.ipp>
#include <aha/files/atomic_file.ipp>
#include <aha/files/mapped_file.ipp>
