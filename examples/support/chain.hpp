#pragma once

#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include <aha/dist/rank_environment.hpp>
#include <aha/io/completions_file.hpp>
#include <aha/io/folder_checkpoints.hpp>
#include <aha/io/folder_lock.hpp>
#include <aha/io/interrupt.hpp>
#include <aha/io/metrics_file.hpp>
#include <aha/io/progress_line.hpp>
#include <aha/io/run_report.hpp>
#include <aha/io/tensorboard_writer.hpp>
#include <aha/recipe/stage.hpp>
#include <aha/train/run_training.hpp>

namespace example {

/// Thrown to leave the chain when the user interrupts it; everything is saved.
struct interrupted {};

/// Where the stages live, and how one is run. Has its folder to itself: a second chain there is refused.
class chain {
public:
    chain(std::filesystem::path folder, std::int64_t checkpoint_every, const aha::interrupt_guard& interrupt)
        : folder_{std::move(folder)}, checkpoint_every_{checkpoint_every}, interrupt_{&interrupt} {
        if (aha::is_first_rank()) lock_.emplace(folder_);
    }

    const std::filesystem::path& folder() const { return folder_; }

    /// The stage `name`, announced on the screen.
    aha::stage begin(const std::string& name, const std::string& what,
                     const std::map<std::string, std::filesystem::path>& inputs, nlohmann::json options) const {
        aha::stage made{folder_, name, inputs, std::move(options)};
        std::cout << "\n== " << name << ": " << what << (made.done() ? " (done before)" : "") << std::endl;
        return made;
    }

    /// Runs a trainer in the stage's folder, going on from its checkpoints. @return seconds of training
    template <class Trainer, class... Observers>
    double train(const aha::stage& stage, Trainer& trainer, std::int64_t steps, Observers&... observers) const {
        aha::folder_checkpoints checkpoints{stage.checkpoints(), {.keep = 1}};
        aha::metrics_file metrics{stage.folder()};
        aha::completions_file completions{stage.folder()};
        aha::run_report report{stage.folder()};
        aha::tensorboard_writer curves{stage.folder()};
        aha::progress_line progress{std::cout};
        const aha::run_summary done = aha::run_training(trainer, checkpoints,
                                                        {.steps = steps,
                                                         .checkpoint_every = checkpoint_every_,
                                                         .resume = true,
                                                         .interrupted = [&] { return interrupt_->requested(); },
                                                         .description = stage.options()},
                                                        metrics, completions, report, curves, progress, observers...);
        if (done.interrupted) throw interrupted{};
        return done.seconds;
    }

private:
    std::filesystem::path folder_;
    std::optional<aha::folder_lock> lock_;  // of the first rank
    std::int64_t checkpoint_every_;
    const aha::interrupt_guard* interrupt_;
};

}  // namespace example
