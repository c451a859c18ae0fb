// The bodies of aha/reward/judge that aha::compiled holds.
#include <aha/reward/judge/chat_endpoint.ipp>
#include <aha/reward/judge/judge_messages.ipp>
#include <aha/reward/judge/judged_texts.ipp>
#include <aha/reward/judge/rubric.ipp>
#include <aha/reward/judge/verdict.ipp>
