#pragma once

#include <cstdint>

/// \file
/// The map of the library: its groups, in the order in which data flows, and the records by name.
///
/// \defgroup group_concepts Concepts
/// What a type of yours can implement: each has named clauses, its requirements in English, and a `require_x` that says
/// what to write when one is not met.
///
/// \defgroup group_core Records
/// What stages hand one another: prompts, completions, scores, groups, packed rows, losses, reports, states.
///
/// \defgroup group_files Files on disk
/// Files that appear whole or not at all, mapped files, strict JSON, UTF-8.
///
/// \defgroup group_kernels Kernels
/// Products, reductions and fused loops of the CPU; the kernels of GPUs.
///
/// \defgroup group_text Text
/// Tokenizers, chat templates, R1's template.
///
/// \defgroup group_data Data
/// Where prompts and examples come from: JSON lines, mixtures, generators without end.
///
/// \defgroup group_model Models
/// Decoders (Llama, Qwen2, Qwen3), their operations, sharding over ranks.
///
/// \defgroup group_pretrained Model files
/// What comes from disk and goes to it: Hugging Face folders, GGUF, safetensors.
///
/// \defgroup group_rollout Rollout
/// How prompts are answered.
///
/// \defgroup group_reward Rewards
/// How good a completion is: rules, verifiers, judges, combinations, filters, languages.
///
/// \defgroup group_advantage Advantages
/// How completions of a group, or of a batch, compare.
///
/// \defgroup group_loss Losses
/// What is minimized: policy losses, divergences, supervised losses, and how tokens are averaged.
///
/// \defgroup group_optim Optimization
/// Optimizers, schedules, clipping.
///
/// \defgroup group_dist Ranks
/// Several processes as one run: who is there, joining tensors and records, sharing work out.
///
/// \defgroup group_io Run files
/// Checkpoints, metrics, curves, reports.
///
/// \defgroup group_update Updates
/// Minibatches, gradients, the reference policy, the optimizer steps of a model.
///
/// \defgroup group_train Trainers
/// The loop of all training and its objectives: GRPO, SFT, distillation, reward models, rejection sampling.
///
/// \defgroup group_recipe Recipe
/// Stages of a chain that go on where they stopped.
///
/// \defgroup group_testing Testing
/// For tests of your own implementations: laws, their registration with GoogleTest, toy problems with known answers.

/// The library. Everything public is in it; `aha::testing` is for tests, `detail` is not public API.
namespace aha {

using token_id = std::int64_t;
struct message;
struct prompt;
struct completion;
struct step_score;
struct score;
struct rollout_group;
struct supervised_example;
struct policy_batch;
struct loss_output;
struct packed_trees;
struct lm_head;
struct state;
struct state_values;
struct random_key;
struct run_info;
struct step_report;
struct run_summary;
class parameters;
class error;

}  // namespace aha
