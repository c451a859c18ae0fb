#pragma once

/// Everything that a program which trains a reasoner usually needs. Programs that compile in a hurry include the
/// headers they use instead.

#include <aha/advantage/group_relative.hpp>
#include <aha/advantage/mean_centered.hpp>
#include <aha/core/records.hpp>
#include <aha/core/report.hpp>
#include <aha/core/tensor_policy.hpp>
#include <aha/data/addition_prompts.hpp>
#include <aha/data/jsonl_prompts.hpp>
#include <aha/data/jsonl_reader.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/io/completions_file.hpp>
#include <aha/io/folder_checkpoints.hpp>
#include <aha/io/interrupt.hpp>
#include <aha/io/metrics_file.hpp>
#include <aha/io/progress_line.hpp>
#include <aha/io/tensorboard_writer.hpp>
#include <aha/loss/aggregation/constant_length.hpp>
#include <aha/loss/aggregation/sequence_mean.hpp>
#include <aha/loss/aggregation/token_mean.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/model/decoder.hpp>
#include <aha/model/initialise.hpp>
#include <aha/optim/adamw.hpp>
#include <aha/optim/schedule.hpp>
#include <aha/reward/accuracy.hpp>
#include <aha/reward/combine.hpp>
#include <aha/reward/format.hpp>
#include <aha/reward/last_boxed.hpp>
#include <aha/reward/last_integer.hpp>
#include <aha/reward/majority.hpp>
#include <aha/reward/pass_at_k.hpp>
#include <aha/reward/tag_count.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/text/r1_template.hpp>
#include <aha/train/grpo.hpp>
#include <aha/train/pretrained.hpp>
#include <aha/train/run_training.hpp>
#include <aha/version.hpp>
