// The bodies of aha/reward that aha::compiled holds.
#include <aha/reward/countdown.ipp>
#include <aha/reward/language/script_language.ipp>
#include <aha/reward/language_consistency.ipp>
#include <aha/reward/last_integer.ipp>
#include <aha/reward/multiple_choice.ipp>
#include <aha/reward/pass_at_k.ipp>
#include <aha/reward/repeated_share.ipp>
#include <aha/reward/run_rewards.ipp>
