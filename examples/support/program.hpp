#pragma once

#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <torch/version.h>
#include <type_traits>

#include <aha/core/error.hpp>
#include <aha/core/resources.hpp>
#include <aha/core/tensor_policy.hpp>
#include <aha/core/overlong.hpp>
#include <aha/dist/rank_environment.hpp>
#include <aha/rollout/prompt_reader.hpp>

/// What the example programs have in common: options that every one takes, and how one ends.
namespace example {

/// Options of every program that runs a model.
struct machine_options {
    std::string precision = "auto", device = "cpu";
    int threads = 0;

    void add_to(CLI::App& app) {
        app.add_option("--precision", precision,
                       "type of products: fp32, bf16, or auto (bf16 where the processor has it)")
            ->check(CLI::IsMember({"auto", "fp32", "bf16"}))
            ->capture_default_str();
        app.add_option("--device", device, "where the model is: cpu, cuda, or auto (cuda where there is a GPU)")
            ->check(CLI::IsMember({"cpu", "cuda", "auto"}))
            ->capture_default_str();
        app.add_option("--threads", threads, "threads; 0: all")->check(CLI::NonNegativeNumber)->capture_default_str();
        app_ = &app;
    }

    /// What the command line chose, defaults included, and what it runs on: for a run's report.
    nlohmann::json chosen() const {
        nlohmann::json all = nlohmann::json::object();
        for (const CLI::Option* one : app_->get_options()) {
            const std::string name = one->get_name();
            if (name == "--help") continue;
            all[name] = one->count() > 0 ? CLI::detail::join(one->results(), " ") : one->get_default_str();
        }
        all["products"] = describe();
        all["LibTorch"] = TORCH_VERSION;
        return all;
    }

    /// Whether products run in bfloat16.
    bool bfloat16() const {
        if (precision != "auto") return precision == "bf16";
        if (gpu()) return true;
#if defined(__x86_64__)
        return __builtin_cpu_supports("avx512bf16") != 0;
#else
        return false;
#endif
    }

    /// Whether the model is on a GPU. Throws `aha::error` if it is to be and cannot.
    bool gpu() const {
        if (device == "cpu") return false;
#if defined(AHA_KERNELS)
        if (device == "cuda") return aha::cuda<>::device().is_cuda();
        return c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA)->deviceCount() > 0;
#else
        aha::require(device == "auto", "this program was built with a LibTorch without CUDA, or without nvcc");
        return false;
#endif
    }

    /// One line for people: what was chosen and why.
    std::string describe() const {
        std::string text = bfloat16() ? "bfloat16 products, float32 weights" : "float32";
        if (gpu()) return text + ", on a GPU";
        if (precision == "auto")
            text += bfloat16() ? " (this processor multiplies bfloat16)" : " (no bfloat16 in this processor)";
        return text + ", " + std::to_string(at::get_num_threads()) + " threads";
    }

private:
    const CLI::App* app_ = nullptr;
};

/// Calls `body` with the tensor policy that the options name: `body.template operator()<Tensor>()`.
template <class Body>
int with_tensors(const machine_options& machine, Body body) {
    if (machine.threads > 0) at::set_num_threads(machine.threads);
#if defined(AHA_KERNELS)
    if (machine.gpu())
        return machine.bfloat16() ? body.template operator()<aha::cuda<aha::bfloat16>>()
                                  : body.template operator()<aha::cuda<float>>();
#else
    machine.gpu();  // says why not
#endif
    if (machine.bfloat16()) return body.template operator()<aha::cpu<aha::bfloat16>>();
    return body.template operator()<aha::cpu<float>>();
}

/// Says on standard error what was passed over when the model was loaded.
template <class Source>
void print_notes(const Source& source) {
    if (!aha::is_first_rank()) return;
    for (const std::string& note : source.notes) std::cerr << "note: " << note << '\n';
}

/// The names of `aha::overlong` on a command line.
inline CLI::CheckedTransformer overlong_names() {
    return CLI::CheckedTransformer(std::map<std::string, aha::overlong>{
        {"refuse", aha::overlong::refuse}, {"drop", aha::overlong::drop}, {"cut", aha::overlong::cut}});
}

/// Options of programs that read prompts.
inline void add_to(CLI::App& app, aha::prompt_limits& limits) {
    app.add_option("--long-prompts", limits.long_prompts,
                   "what becomes of a prompt that is too long: refuse, drop, cut")
        ->transform(overlong_names())
        ->default_str("refuse");
    app.add_option("--max-prompt-tokens", limits.max_tokens, "most tokens of a prompt; 0: what the context leaves")
        ->capture_default_str();
}

/// Parses the command line, runs `body`, and turns every failure into one sentence and a status other than 0: 2 for a
/// command line that makes no sense, 1 for any other error. `body` gives 0 when all is done (also when all was done
/// before) and 130 when it was interrupted and saved.
template <class Body>
int run(CLI::App& app, int count, char** arguments, Body body) {
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem, std::cout, std::cerr) == 0 ? 0 : 2;
    }
    aha::keep_freed_memory();
    try {
        if (!aha::is_first_rank()) std::cout.setstate(std::ios::badbit);  // one of several ranks tells
        return body();
    } catch (const aha::error& problem) {
        std::cerr << "error: " << problem.what() << '\n';
    } catch (const std::exception& problem) {
        const std::string text = problem.what();  // LibTorch adds a stack trace after the first line
        std::cerr << "error: " << text.substr(0, text.find('\n')) << '\n';
    }
    return 1;
}

}  // namespace example
