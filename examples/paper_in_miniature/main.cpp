// DeepSeek-R1's claims at the size of a few hundred thousand weights and two cores: base models, GRPO, a language
// reward, distillation and controls, all from nothing on sums, each claim with its number in the paper, ours, and
// whether it holds.
#include <ATen/Parallel.h>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <aha/aha.hpp>

#include <examples/paper_in_miniature/table.hpp>
#include <examples/support/program.hpp>
#include <examples/support/run_folder.hpp>

namespace {

using miniature::claim;
using miniature::laboratory;

struct options {
    std::string out;
    bool resume = false;
    std::int64_t seeds = 2, first_seed = 0;
    int threads = 0;
    std::vector<std::string> claims;

    void add_to(CLI::App& app, const std::vector<claim>& all) {
        std::vector<std::string> names;
        for (const claim& one : all) names.push_back(one.name);
        app.add_option("--out", out,
                       "folder of the run; by default the first free one of runs/paper_in_miniature, "
                       "runs/paper_in_miniature-2, ...");
        app.add_flag("--resume", resume, "go on with what is finished in --out");
        app.add_option("--seeds", seeds, "independent repetitions")->check(CLI::PositiveNumber)->capture_default_str();
        app.add_option("--first-seed", first_seed)->check(CLI::NonNegativeNumber)->capture_default_str();
        app.add_option("--claims", claims, "only these, with commas between")
            ->delimiter(',')
            ->check(CLI::IsMember(names));
        app.add_option("--threads", threads, "seeds at the same time, one thread each; 0: as many as cores")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str();
    }
};

/// Calls `work(i)` for i in [0, count) on `threads` threads; throws what the first failing call threw, after all ended.
template <class Work>
void side_by_side(std::size_t count, std::size_t threads, const Work& work) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr problem;
    std::mutex lock;
    std::vector<std::jthread> crew;
    for (std::size_t t = 0; t < std::min(threads, count); ++t)
        crew.emplace_back([&] {
            at::set_num_threads(1);  // the tensors are far too small for two
            try {
                for (std::size_t i = next++; i < count; i = next++) work(i);
            } catch (...) {
                next = count;
                const std::lock_guard guard{lock};
                if (!problem) problem = std::current_exception();
            }
        });
    crew.clear();
    if (problem) std::rethrow_exception(problem);
}

/// What is still to be done, in expected seconds.
double expected(const laboratory& lab, const std::vector<claim>& claims) {
    double seconds = 0;
    std::set<std::string> models;
    for (const claim& one : claims) {
        if (lab.has_claim(one.name)) continue;
        seconds += one.seconds;
        models.insert(one.models.begin(), one.models.end());
    }
    for (const std::string& model : models)
        if (!lab.has_model(model)) seconds += laboratory::expected_seconds(model);
    return seconds;
}

int reproduce(const options& o, std::vector<claim> claims) {
    if (!o.claims.empty())
        std::erase_if(claims, [&](const claim& c) { return std::ranges::find(o.claims, c.name) == o.claims.end(); });
    const example::run_folder run{o.out, "paper_in_miniature", o.resume};
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    const std::size_t threads = o.threads > 0 ? static_cast<std::size_t>(o.threads) : cores;
    std::cout << o.seeds << " seeds, " << std::min(threads, static_cast<std::size_t>(o.seeds))
              << " at the same time, run folder " << run.path().string() << std::endl;

    miniature::progress lines;
    std::vector<laboratory> labs;
    for (std::int64_t s = 0; s < o.seeds; ++s) {
        labs.emplace_back(static_cast<std::uint64_t>(o.first_seed + s), run.path(), lines);
        lines.expect(expected(labs.back(), claims));
    }
    std::vector<miniature::result> results;
    for (const claim& one : claims) results.push_back({one, std::vector<miniature::json>(labs.size())});
    const aha::stopwatch whole;
    side_by_side(labs.size(), threads, [&](std::size_t s) {
        for (miniature::result& one : results)
            one.seeds[s] = labs[s].remembered(one.of.name, [&] { return one.of.test(labs[s]); });
    });

    aha::write_atomically(run.path() / "table.json", miniature::as_json(results).dump(1) + '\n');
    aha::write_atomically(run.path() / "table.md", miniature::markdown(results));
    std::cout << "\nafter " << aha::detail::readable_seconds(whole.seconds()) << ", by seed:\n\n"
              << miniature::plain(results) << "\nas a table: " << (run.path() / "table.md").string() << '\n';
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"DeepSeek-R1's claims in miniature: models from nothing, on two cores, in minutes"};
    const std::vector<claim> all = miniature::all_claims();
    options o;
    o.add_to(app, all);
    return example::run(app, count, arguments, [&] { return reproduce(o, all); });
}
