#pragma once

#include <cstdint>
#include <iostream>
#include <optional>

#include <aha/io/folder_checkpoints.hpp>
#include <aha/io/interrupt.hpp>
#include <aha/io/metrics_file.hpp>
#include <aha/io/progress_line.hpp>
#include <aha/io/tensorboard_writer.hpp>
#include <aha/train/run_training.hpp>

#include <examples/support/program.hpp>
#include <examples/support/run_folder.hpp>

namespace example {

/// What a program exits with that was interrupted.
inline constexpr int interrupted_status = 130;

/// Trains in the folder of a run, which gets checkpoints, metrics and curves. Nothing if it was interrupted: then it
/// has said how to go on.
/// @param steps of the whole run; nothing: as many as the trainer's data makes
/// @param further observers beside those of metrics, curves and progress
template <class Trainer, class... Observers>
std::optional<aha::run_summary> train_in_folder(const run_folder& run, Trainer& trainer, const machine_options& machine,
                                                std::optional<std::int64_t> steps, std::int64_t checkpoint_every,
                                                Observers&... further) {
    const aha::interrupt_guard interrupt;
    aha::folder_checkpoints checkpoints{run.path() / "checkpoints"};
    aha::metrics_file metrics{run.path()};
    aha::tensorboard_writer curves{run.path()};
    aha::progress_line progress{std::cout};
    const aha::run_summary done = aha::run_training(trainer, checkpoints,
                                                    {.steps = steps,
                                                     .checkpoint_every = checkpoint_every,
                                                     .resume = run.resumes(),
                                                     .interrupted = [&] { return interrupt.requested(); },
                                                     .description = machine.chosen()},
                                                    metrics, further..., curves, progress);
    if (!done.interrupted) return done;
    std::cout << "interrupted after step " << done.steps << ", saved; go on with --resume --out " << run.path().string()
              << '\n';
    return std::nullopt;
}

}  // namespace example
