#pragma once

#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/files/atomic_file.hpp>
#include <aha/core/error.hpp>
#include <aha/io/folder_checkpoints.hpp>

#include <examples/paper_in_miniature/progress.hpp>
#include <examples/paper_in_miniature/training.hpp>

namespace miniature {

/// What one seed needs: its tasks, the models that several claims begin with, and its folder, where models and finished
/// claims are kept for a run that goes on.
class laboratory {
public:
    laboratory(std::uint64_t seed, const std::filesystem::path& folder, progress& lines)
        : seed_{seed}, folder_{folder / ("seed-" + std::to_string(seed))}, lines_{&lines} {
        std::filesystem::create_directories(folder_);
    }

    std::uint64_t seed() const { return seed_; }

    /// Sums of two digits (specification of the first claim), of three, and of two in two alphabets.
    reversed_addition short_sums() const { return reversed_addition{{.digits = 2, .seed = seed_}}; }
    reversed_addition long_sums() const { return reversed_addition{{.digits = 3, .seed = seed_}}; }
    reversed_addition mixed_sums() const {
        return reversed_addition{{.digits = 2, .alphabets = {"0123456789", "ABCDEFGHIJ"}, .seed = seed_}};
    }

    /// A "base model" of two-digit sums: it has read rows of which six in ten have a digit drawn anew and three in ten
    /// lack the tags, so that the right response is its likeliest one and half of its samples are wrong.
    reasoner noisy_base() const {
        return kept("noisy_base", short_sums(), large, [&](reasoner& r) {
            learn("noisy_base", r, rows_of(r, short_sums(), 32000, {.wrong = 0.6, .untagged = 0.3}), 1000, {});
        });
    }

    /// The same in two languages, with tags, where three in ten digits of the reasoning are in the wrong one.
    reasoner mixed_base() const {
        return kept("mixed_base", mixed_sums(), large, [&](reasoner& r) {
            learn("mixed_base", r, rows_of(r, mixed_sums(), 32000, {.wrong = 0.3, .foreign = 0.3}), 1000, {});
        });
    }

    /// A model of three-digit sums that has read 5000 right responses, but not for long: to the first of every 10
    /// updates after which the share 0.57 of its samples is right.
    reasoner cold_start() const {
        return kept("cold_start", long_sums(), large,
                    [&](reasoner& r) { learn("cold_start", r, rows_of(r, long_sums(), 5000), 1000, 0.57); });
    }

    /// A small model, stopped earlier.
    reasoner student() const {
        return kept("student", long_sums(), small,
                    [&](reasoner& r) { learn("student", r, rows_of(r, long_sums(), 5000), 2000, 0.2); });
    }

    /// The cold start after GRPO: what `train` makes of it, once.
    template <class Train>
    reasoner teacher(const Train& train) const {
        return kept("teacher", long_sums(), large, train, [&] { return cold_start(); });
    }

    /// Prints a stage's step every tenth of it, and counts its expected seconds as done.
    watcher watch(const std::string& stage, std::int64_t steps, double seconds) const {
        return [this, stage, steps, seconds](const aha::step_report& step) {
            std::string line;
            if (step.step % std::max<std::int64_t>(1, steps / 10) == 0) {
                line = "seed " + std::to_string(seed_) + "  " + stage + "  step " + std::to_string(step.step);
                const bool rewarded = step.find_metric("reward").has_value();
                for (const auto& [name, shown] : shown_figures)
                    if (const auto value = step.find_metric(name); value && rewarded == (shown != "loss")) {
                        char text[80];
                        std::snprintf(text, sizeof text, "  %s %.2f", shown.c_str(), *value);
                        line += text;
                    }
            }
            lines_->advance(seconds / static_cast<double>(steps), line);
        };
    }

    /// What `find()` finds, or found in the run that this one goes on with.
    template <class Find>
    nlohmann::ordered_json remembered(const std::string& claim, const Find& find) const {
        const std::filesystem::path file = folder_ / (claim + ".json");
        if (std::ifstream in{file}) {
            auto saved = nlohmann::ordered_json::parse(in, nullptr, false);
            aha::require(saved.is_object(), file, " is damaged; delete it to measure again");
            return saved;
        }
        nlohmann::ordered_json found = find();
        aha::write_atomically(file, found.dump(1) + '\n');
        return found;
    }

    /// Seconds that the training of each kept model takes on one core of the machine that the page names; for the time
    /// left, which corrects itself by the pace of the run.
    static double expected_seconds(const std::string& model) {
        static const std::map<std::string, double> all{
            {"noisy_base", 80}, {"mixed_base", 90}, {"cold_start", 45}, {"student", 25}, {"teacher", 150}};
        return all.at(model);
    }
    bool has_model(const std::string& model) const { return std::filesystem::exists(folder_ / "models" / model); }
    bool has_claim(const std::string& claim) const { return std::filesystem::exists(folder_ / (claim + ".json")); }

private:
    static inline const std::vector<std::pair<std::string, std::string>> shown_figures{
        {"loss", "loss"},
        {"rewards/accuracy/mean", "accuracy"},
        {"rewards/format/mean", "format"},
        {"rewards/language/mean", "language"}};

    /// Supervised learning, 128 rows an update, for `updates`, or until the share `enough` of samples is right.
    void learn(const std::string& stage, reasoner& r, std::vector<aha::supervised_example> rows, std::int64_t updates,
               std::optional<double> enough) const {
        const std::int64_t batches = (std::ssize(rows) + 127) / 128;
        const aha::sft_options options{.batch_size = 128,
                                       .learning_rate = 1e-3,
                                       .rows = {.seed = seed_, .epochs = (updates + batches - 1) / batches}};
        aha::schedule_options rate{.warmup_steps = 50, .total_steps = updates, .floor = 0.1};
        if (!enough) rate.shape = aha::decay_shape::cosine;
        aha::sft trainer{r, std::move(rows), options, aha::warmup_schedule{rate}};
        const double seconds = expected_seconds(stage), each = seconds / static_cast<double>(updates);
        const watcher say = watch(stage, updates, seconds);
        while (trainer.steps_done() < updates) {
            say(trainer.step());
            if (!enough || trainer.steps_done() % 10 != 0) continue;
            // Another stretch of held-out questions than the claims', so that the stop is not chosen on those.
            const measured now =
                measure(r, long_sums(), {.questions = 256, .samples = 1, .greedy = false, .first = 1'000'000});
            if (now.accuracy < *enough) continue;
            lines_->advance(each * static_cast<double>(updates - trainer.steps_done()), "");
            return;
        }
        aha::require(!enough, stage, ": after ", updates, " updates less than ", enough.value_or(0),
                     " of the samples are right");
    }

    reasoner fresh(const reversed_addition& task, const shape& size) const { return newborn(task, size, seed_ + 1); }

    template <class Train>
    reasoner kept(const std::string& name, const reversed_addition& task, const shape& size, const Train& train) const {
        return kept(name, task, size, train, [&] { return fresh(task, size); });
    }

    /// The model called `name` from the folder, or `train(begin())`, which is then put there.
    template <class Train, class Begin>
    reasoner kept(const std::string& name, const reversed_addition& task, const shape& size, const Train& train,
                  const Begin& begin) const {
        aha::folder_checkpoints store{folder_ / "models" / name};
        if (const auto saved = store.load_latest()) {
            reasoner r = fresh(task, size);
            const at::NoGradGuard no_gradients;
            r.model.weights().values().copy_(saved->second.tensors.at("weights"));
            r.model.refresh();
            return r;
        }
        reasoner r = begin();
        train(r);
        aha::state whole;
        whole.tensors["weights"] = r.model.weights().values();
        store.save(1, whole);
        return r;
    }

    std::uint64_t seed_;
    std::filesystem::path folder_;
    progress* lines_;
};

}  // namespace miniature
