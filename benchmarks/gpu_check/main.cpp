// What a model of a real shape does on this device against what the device can do: decoding against the bandwidth of a
// copy, training against the rate of a matrix product. Random weights. Prints a JSON line a measurement; `run` beside
// this file runs it with the tests and the peer.
#include <ATen/ATen.h>
#include <aha/core/resources.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/loss/chunked_log_probs.hpp>
#include <aha/model/decoder.hpp>
#include <aha/train/grpo.hpp>
#include <aha/train/sft.hpp>
#include <algorithm>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <examples/support/program.hpp>

#if defined(AHA_KERNELS)
#include <c10/cuda/CUDACachingAllocator.h>
#endif

namespace {

using json = nlohmann::ordered_json;

const std::map<std::string, aha::decoder_config>& shapes() {
    const auto shape = [](const char* family, std::int64_t layers, std::int64_t width, std::int64_t heads,
                          std::int64_t key_heads, std::int64_t head_dim, std::int64_t feed_forward,
                          std::int64_t vocabulary) {
        aha::decoder_config c;
        c.architecture = family;
        c.vocabulary_size = vocabulary, c.hidden_size = width, c.intermediate_size = feed_forward, c.layers = layers;
        c.heads = heads, c.kv_heads = key_heads, c.head_dim = head_dim, c.context = 8192;
        c.rope_theta = 1e6, c.rms_norm_eps = 1e-6, c.tie_embeddings = true;
        c.attention_bias = std::string{family} == "qwen2", c.qk_norm = std::string{family} == "qwen3";
        return c;
    };
    static const std::map<std::string, aha::decoder_config> all{
        {"tiny", shape("qwen2", 2, 64, 4, 2, 16, 128, 512)},
        {"qwen2.5-0.5b", shape("qwen2", 24, 896, 14, 2, 64, 4864, 151936)},
        {"qwen3-0.6b", shape("qwen3", 28, 1024, 16, 8, 128, 3072, 151936)},
        {"qwen2.5-1.5b", shape("qwen2", 28, 1536, 12, 2, 128, 8960, 151936)}};
    return all;
}

struct options {
    std::string part = "all";
    std::vector<std::string> models{"qwen2.5-0.5b", "qwen3-0.6b", "qwen2.5-1.5b"};
    std::vector<std::int64_t> rows{1, 8, 64, 256, 512};
    std::int64_t prompt = 128, steps = 100, tokens = 4096, new_tokens = 256, copy_mib = 2048, matrix = 8192;
    example::machine_options machine;
};

void wait_for(const c10::Device& device) {
    if (!device.is_cpu()) c10::impl::getDeviceGuardImpl(device.type())->synchronizeDevice(device.index());
}

/// Seconds of `work`, the median of `times` after as many to warm up.
double median_seconds(const c10::Device& device, int times, const std::function<void()>& work) {
    std::vector<double> all;
    for (int n = 0; n < 2 * times; ++n) {
        wait_for(device);
        const aha::stopwatch watch;
        work();
        wait_for(device);
        if (n >= times) all.push_back(watch.seconds());
    }
    std::nth_element(all.begin(), all.begin() + times / 2, all.end());
    return all[static_cast<std::size_t>(times / 2)];
}

void print(const json& line) { std::cout << line.dump() << std::endl; }

/// Peak of the memory that tensors had on the device since the last call, MiB; on the CPU of the whole process.
double peak_mib([[maybe_unused]] const c10::Device& device) {
#if defined(AHA_KERNELS)
    if (!device.is_cpu()) {
        const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(device.index());
        c10::cuda::CUDACachingAllocator::resetPeakStats(device.index());
        return static_cast<double>(stats.allocated_bytes[0].peak) / (1 << 20);
    }
#endif
    return aha::peak_resident_mib();
}

template <class Tensor>
class check {
public:
    explicit check(const options& o) : o_{o} {
        const at::NoGradGuard no_gradients;
        const auto type = at::TensorOptions{}.dtype(Tensor::compute_type).device(device_);
        const at::Tensor from = at::zeros({o.copy_mib << 20}, type.dtype(at::kByte)), to = at::empty_like(from);
        bandwidth_ = 2.0 * static_cast<double>(from.numel()) / median_seconds(device_, 5, [&] { to.copy_(from); });
        const at::Tensor a = at::randn({o.matrix, o.matrix}, type), b = at::randn({o.matrix, o.matrix}, type);
        const double n = static_cast<double>(o.matrix);
        rate_ = 2 * n * n * n / median_seconds(device_, 5, [&] { at::mm(a, b); });
        print({{"measure", "device"},
               {"device", device_.str()},
               {"type", c10::toString(Tensor::compute_type)},
               {"kernels", aha::has_device_kernels},
               {"copy_GB_per_s", bandwidth_ / 1e9},
               {"matrix_TFLOP_per_s", rate_ / 1e12}});
    }

    void run() {
        const auto wanted = [&](const char* part) { return o_.part == "all" || o_.part == part; };
        for (const std::string& name : o_.models) {
            const aha::decoder_config& config = shapes().at(name);
            if (wanted("decode")) decode(name, config);
            if (wanted("sft")) sft(name, config);
            if (wanted("grpo")) grpo(name, config);
        }
        if (wanted("memory")) memory();
    }

private:
    aha::decoder<Tensor> random_model(const aha::decoder_config& config) const {
        const at::NoGradGuard no_gradients;
        aha::decoder<Tensor> model{config};
        model.weights().values().normal_(0, 0.02);
        for (std::size_t i = 0; i < model.weights().size(); ++i)
            if (model.weights().at(i).shape.size() == 1)
                model.weights()[i].fill_(model.weights().at(i).name.ends_with("bias") ? 0.0 : 1.0);
        model.refresh();
        return model;
    }

    std::vector<aha::token_id> random_ids(std::int64_t count, std::uint64_t of) const {
        std::vector<aha::token_id> ids;
        for (std::int64_t i = 0; i < count; ++i)
            ids.push_back(
                static_cast<aha::token_id>(aha::random_stream{{.seed = of}}.below(static_cast<std::uint64_t>(i), 500)));
        return ids;
    }

    static double element() { return Tensor::compute_type == at::kFloat ? 4 : 2; }

    /// Weights that products read: all but norms, biases and the rows of an embedding that is not the head.
    static double product_weights(const aha::decoder<Tensor>& model) {
        double count = 0;
        for (std::size_t i = 0; i < model.weights().size(); ++i)
            if (model.weights().at(i).shape.size() == 2) count += static_cast<double>(model.weights()[i].numel());
        return count;
    }

    /// Tokens a second of decoding, groups of up to 8 a prompt, against the time in which the weights and the keys and
    /// values could be copied.
    void decode(const std::string& name, const aha::decoder_config& config) const {
        const aha::decoder<Tensor> model = random_model(config);
        for (const std::int64_t rows : o_.rows) {
            const std::int64_t copies = std::min<std::int64_t>(8, rows), prompts = rows / copies, warm = 8;
            std::vector<std::vector<aha::token_id>> asked;
            std::vector<aha::sampling_row> starts;
            for (std::int64_t p = 0; p < prompts; ++p) {
                asked.push_back(random_ids(o_.prompt, static_cast<std::uint64_t>(p)));
                for (std::int64_t c = 0; c < copies; ++c)
                    starts.push_back({aha::random_stream{{.prompt = std::uint64_t(p), .sample = std::uint64_t(c)}},
                                      warm + o_.steps});
            }
            auto session = model.open_static_session({}, rows);
            session.admit(asked, starts);
            const auto steps = [&](std::int64_t count) {
                for (std::int64_t n = 0; n < count; ++n) {
                    session.step();
                    if (session.behind() == session.max_in_flight) session.read(rows);
                }
                while (session.behind() > 0) session.read(rows);
            };
            steps(warm);
            const aha::stopwatch watch;
            steps(o_.steps);
            const double step = watch.seconds() / static_cast<double>(o_.steps);
            const double token_bytes =
                2.0 * element() * static_cast<double>(config.layers * config.kv_heads * config.head_dim);
            const double own = static_cast<double>(warm) + static_cast<double>(o_.steps) / 2;
            const double read = element() * product_weights(model) +
                                token_bytes * static_cast<double>(prompts * o_.prompt) +
                                token_bytes * static_cast<double>(rows) * own;
            // A copy counts what it reads and what it writes; a step reads.
            print({{"measure", "decode"},
                   {"model", name},
                   {"sequences", rows},
                   {"tokens_per_s", static_cast<double>(rows) / step},
                   {"step_ms", step * 1e3},
                   {"MB_read_per_step", read / 1e6},
                   {"share_of_bandwidth", read / step / bandwidth_}});
        }
    }

    /// Operations of a forward and backward pass: 6 a weight and token, and attention's.
    static double training_operations(const aha::decoder<Tensor>& model, double tokens, double seen) {
        const aha::decoder_config& c = model.config();
        return 6 * product_weights(model) * tokens +
               12 * static_cast<double>(c.layers * c.heads * c.head_dim) * tokens * seen;
    }

    void sft(const std::string& name, const aha::decoder_config& config) const {
        aha::decoder<Tensor> model = random_model(config);
        const std::int64_t count = 2, steps = 6;
        std::vector<aha::supervised_example> examples(static_cast<std::size_t>(count * steps * 2));
        for (std::size_t i = 0; i < examples.size(); ++i) {
            examples[i].index = static_cast<std::int64_t>(i);
            examples[i].ids = random_ids(o_.tokens, i);
            examples[i].loss_mask.assign(examples[i].ids.size(), 1);
            examples[i].loss_mask[0] = 0;
        }
        peak_mib(device_);
        aha::sft trainer{model, examples, {.batch_size = count, .learning_rate = 1e-5, .microbatch_tokens = o_.tokens}};
        const double seconds = median_seconds(device_, static_cast<int>(steps) / 2, [&] { trainer.step(); });
        const double tokens = static_cast<double>(count * o_.tokens);
        print({{"measure", "sft"},
               {"model", name},
               {"tokens", o_.tokens},
               {"tokens_per_s", tokens / seconds},
               {"step_s", seconds},
               {"share_of_matrix_rate",
                training_operations(model, tokens, static_cast<double>(o_.tokens) / 2) / seconds / rate_},
               {"peak_MiB", peak_mib(device_)}});
    }

    struct no_text {
        std::vector<aha::token_id> encode(std::string_view) const { return {}; }
        std::string decode(std::span<const aha::token_id>) const { return "x"; }
        std::vector<aha::token_id> end_ids() const { return {}; }
        std::int64_t vocabulary_size() const { return 1 << 20; }
    };

    /// 8 prompts of 8 completions each, as RL.cu's and TRL's published figures have it.
    void grpo(const std::string& name, const aha::decoder_config& config) const {
        aha::decoder<Tensor> model = random_model(config);
        std::vector<aha::prompt> prompts(8);
        for (std::size_t p = 0; p < prompts.size(); ++p) prompts[p].ids = random_ids(o_.prompt, p);
        const auto reward = [](const aha::prompt&, const aha::completion& c) {
            return static_cast<double>(c.ids.back() % 7);
        };
        peak_mib(device_);
        aha::grpo trainer{
            model, aha::vector_prompts{prompts, {}}, reward,
            aha::grpo_options{.prompts_per_step = 8, .group_size = 8, .learning_rate = 1e-6},
            aha::autoregressive_sampler{no_text{}, aha::sampling_options{.max_new_tokens = o_.new_tokens}}};
        trainer.step();
        std::vector<double> whole, rollout, train;
        for (int n = 0; n < 3; ++n) {
            const aha::step_report report = trainer.step();
            whole.push_back(report.metric("step_time"));
            rollout.push_back(report.metric("time/rollout"));
            train.push_back(report.metric("time/train"));
        }
        const auto median = [](std::vector<double>& all) {
            std::sort(all.begin(), all.end());
            return all[all.size() / 2];
        };
        const double trained = 8.0 * static_cast<double>(o_.prompt + 8 * o_.new_tokens), seconds = median(train);
        print({{"measure", "grpo"},
               {"model", name},
               {"prompts", 8},
               {"completions", 8},
               {"prompt_tokens", o_.prompt},
               {"new_tokens", o_.new_tokens},
               {"step_s", median(whole)},
               {"rollout_s", median(rollout)},
               {"train_s", seconds},
               {"tokens_per_s", 64.0 * static_cast<double>(o_.new_tokens) / median(rollout)},
               {"share_of_matrix_rate",
                training_operations(model, trained, static_cast<double>(o_.prompt + o_.new_tokens / 2)) / seconds /
                    rate_},
               {"peak_MiB", peak_mib(device_)}});
    }

    /// Log-probs of 8192 tokens at Qwen's vocabulary, forward and backward.
    void memory() const {
        const std::int64_t vocabulary = o_.models.front() == "tiny" ? 5000 : 151936, width = 1536, tokens = 8192;
        const auto type = at::TensorOptions{}.device(device_);
        aha::lm_head head{at::randn({vocabulary, width}, type) * 0.02, {}};
        head.compute = head.weight.to(Tensor::compute_type);
        head.weight.set_requires_grad(true);
        head.weight.mutable_grad() = at::zeros({vocabulary, width}, type);
        const at::Tensor hidden = at::randn({tokens, width}, type.dtype(Tensor::compute_type)).requires_grad_();
        const at::Tensor targets = at::randint(vocabulary, {tokens}, type.dtype(at::kLong));
        wait_for(device_);
        peak_mib(device_);
        const double before = peak_mib(device_);
        const aha::token_log_probs scores = aha::compute_log_probs(hidden, head, targets, {});
        torch::autograd::backward({scores.log_probs.sum()}, {});
        wait_for(device_);
        print({{"measure", "log_prob_memory"},
               {"tokens", tokens},
               {"vocabulary", vocabulary},
               {"added_peak_MiB", peak_mib(device_) - before},
               {"logits_whole_MiB", static_cast<double>(tokens * vocabulary) * element() / (1 << 20)}});
    }

    options o_;
    c10::Device device_ = Tensor::device();
    double bandwidth_ = 0, rate_ = 0;  // bytes a second, read and written; operations a second
};

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Decoding and training against what the device can do"};
    options o;
    o.machine.device = "auto";
    app.add_option("--part", o.part)
        ->check(CLI::IsMember({"all", "decode", "sft", "grpo", "memory"}))
        ->capture_default_str();
    app.add_option("--models", o.models, "tiny, qwen2.5-0.5b, qwen3-0.6b, qwen2.5-1.5b")
        ->delimiter(',')
        ->capture_default_str();
    app.add_option("--rows", o.rows, "sequences decoded at a time")->delimiter(',')->capture_default_str();
    app.add_option("--prompt-tokens", o.prompt)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--new-tokens", o.new_tokens, "of a completion of the GRPO step")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--steps", o.steps, "decoding steps")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--tokens", o.tokens, "of an SFT example")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--copy-mib", o.copy_mib)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--matrix", o.matrix)->check(CLI::PositiveNumber)->capture_default_str();
    o.machine.add_to(app);
    return example::run(app, count, arguments, [&] {
        for (const std::string& name : o.models)
            aha::require(shapes().contains(name), "there is no shape \"", name, "\"");
        return example::with_tensors(o.machine, [&]<class Tensor>() {
            check<Tensor>{o}.run();
            return 0;
        });
    });
}
