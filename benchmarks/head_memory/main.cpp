// Memory of the log-probs and their gradient at a large vocabulary: what the process holds at its peak, beside the sum
// of what it must hold: weights, their gradient, hidden states and their gradient, one chunk of logits.
#include <aha/core/resources.hpp>
#include <aha/loss/chunked_log_probs.hpp>
#include <ATen/ops/full.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <torch/csrc/autograd/autograd.h>

#include <examples/support/program.hpp>

namespace {

struct options {
    std::int64_t tokens = 4096, width = 2048, vocabulary = 128000, chunk_mib = 64;
    example::machine_options machine;
};

template <class Tensor>
int measure(const options& o) {
    const double mib = 1 << 20;
    const auto type = at::TensorOptions{}.dtype(Tensor::compute_type);
    const double before = aha::peak_resident_mib();
    const at::Tensor hidden = at::randn({o.tokens, o.width}, type).requires_grad_();
    aha::lm_head head{at::full({o.vocabulary, o.width}, 0.01F), {}};
    for (std::int64_t from = 0; from < o.vocabulary; from += 1000)
        head.weight.narrow(0, from, std::min<std::int64_t>(1000, o.vocabulary - from)).normal_(0, 0.02);
    head.compute = head.weight.to(Tensor::compute_type);
    head.weight.set_requires_grad(true);
    head.weight.mutable_grad() = at::full({o.vocabulary, o.width}, 0.0F);
    const at::Tensor targets = at::randint(o.vocabulary, {o.tokens}, at::kLong);
    const double held = aha::peak_resident_mib();
    const auto start = std::chrono::steady_clock::now();
    const aha::token_log_probs scores =
        aha::compute_log_probs(hidden, head, targets, {.chunk_bytes = o.chunk_mib << 20});
    torch::autograd::backward({scores.log_probs.mean().neg()}, {});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double element = static_cast<double>(hidden.element_size());
    const double logits = static_cast<double>(o.tokens * o.vocabulary) * element / mib;
    std::cout << nlohmann::ordered_json{{"precision", o.machine.bfloat16() ? "bf16" : "fp32"},
                                        {"tokens", o.tokens},
                                        {"width", o.width},
                                        {"vocabulary", o.vocabulary},
                                        {"all_logits_would_be_mib", logits},
                                        {"weights_their_gradient_and_hidden_states_mib", held - before},
                                        {"gradient_of_hidden_states_mib",
                                         static_cast<double>(o.tokens * o.width) * element / mib},
                                        {"chunk_mib", o.chunk_mib},
                                        {"added_by_log_probs_and_gradient_mib", aha::peak_resident_mib() - held},
                                        {"seconds", seconds}}
                     .dump(1)
              << std::endl;
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Memory of log-probs and their gradient at a large vocabulary"};
    options o;
    app.add_option("--tokens", o.tokens)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--width", o.width)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--vocabulary", o.vocabulary)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--chunk-mib", o.chunk_mib, "logits at a time")->check(CLI::PositiveNumber)->capture_default_str();
    o.machine.add_to(app);
    return example::run(app, count, arguments, [&] {
        return example::with_tensors(o.machine, [&]<class Tensor>() { return measure<Tensor>(o); });
    });
}
