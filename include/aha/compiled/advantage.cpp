// The bodies of aha/advantage that aha::compiled holds.
#include <aha/advantage/centered_values.ipp>
