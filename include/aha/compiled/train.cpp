// The bodies of aha/train that aha::compiled holds.
#include <aha/train/evaluation.ipp>
#include <aha/train/run_training.ipp>
