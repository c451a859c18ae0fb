// The bodies of aha/dist that aha::compiled holds.
#include <aha/dist/distribute_prompts.ipp>
#include <aha/dist/gloo.ipp>
#include <aha/dist/rank_environment.ipp>
#include <aha/dist/rank_work.ipp>
