#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>
#include <array>
#include <c10/core/Event.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <aha/core/drawing.hpp>
#include <aha/core/error.hpp>
#include <aha/core/kernels_namespace.hpp>
#include <aha/kernels/launch.hpp>
#include <aha/kernels/pick_rows.cuh>
#include <aha/kernels/to_device.hpp>
#include <aha/kernels/with_type.hpp>

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// Draws tokens where the logits are and sends them to the host, which reads them when it likes.
class device_sampler {
public:
    /// @param vocabulary V
    device_sampler(sampling_params params, std::int64_t vocabulary, std::int64_t max_rows, const at::Device& device)
        : params_{std::move(params)}, most_rows_{max_rows}, device_{device} {
        require(vocabulary < (1 << 24), "a vocabulary of ", vocabulary, " tokens is too large to draw from");
        const at::Tensor marks = at::zeros({vocabulary}, at::kByte);
        const auto mark = [&](const std::vector<token_id>& ids, std::uint8_t bit) {
            for (const token_id id : ids)
                if (id >= 0 && id < vocabulary) marks.mutable_data_ptr<std::uint8_t>()[id] |= bit;
        };
        mark(params_.suppress, 1);
        mark(params_.ends, 2);
        forbidden_ = marks.to(device);
        results_ = at::zeros({words()}, at::TensorOptions{}.dtype(at::kLong).device(device));
        for (at::Tensor& here : received_) here = host_memory(words(), at::kLong, device);
    }

    /// Draws from rows whose random numbers come from `streams` [max_rows] int64.
    void begin(const at::Tensor& streams) { streams_ = streams; }

    /// A token for each row that is alive.
    /// @param logits [B, V] float32 or bfloat16, contiguous
    /// @param alive [B] uint8
    /// @param drawn [B] int64, tokens that the row has
    /// @return [B] int64, the same memory at each call
    at::Tensor draw(const at::Tensor& logits, const at::Tensor& alive, const at::Tensor& drawn) const {
        const std::int64_t count = logits.size(0);
        detail::with_type(logits.scalar_type(), [&]<class T>(T*) {
            launch(pick_rows<T>{.logits = logits.const_data_ptr<T>(),
                                .vocabulary = logits.size(1),
                                .forbidden = forbidden_.const_data_ptr<std::uint8_t>(),
                                .alive = alive.const_data_ptr<std::uint8_t>(),
                                .drawn = drawn.const_data_ptr<std::int64_t>(),
                                .streams = static_cast<const random_stream*>(streams_.const_data_ptr()),
                                .rule = params_.rule,
                                .ids = of<std::int64_t>(results_, 0),
                                .log_probs = of<float>(results_, 2),
                                .behavior_log_probs = of<float>(results_, 3),
                                .entropies = of<float>(results_, 4),
                                .problems = of<std::uint8_t>(results_, 5)},
                   count, device_);
        });
        return results_.narrow(0, 0, count);
    }

    /// Begins sending the results of the last `draw` to the host.
    void send() {
        const std::size_t at = sent_++ % received_.size();
        received_[at].copy_(results_, /*non_blocking=*/true);
        if (device_.is_cpu()) return;
        arrived_[at].emplace(device_.type());
        arrived_[at]->record(c10::impl::getDeviceGuardImpl(device_.type())->getStream(device_));
    }

    /// The oldest results that were sent and not received, of `count` rows; waits for them. Throws `aha::error` for
    /// logits that are not finite and where no token may be drawn.
    drawn_tokens receive(std::int64_t count) {
        require(read_ < sent_ && sent_ - read_ <= received_.size(), "no drawn tokens are on their way");
        const std::size_t at = read_++ % received_.size();
        if (arrived_[at]) arrived_[at]->synchronize();
        const at::Tensor& all = received_[at];
        const auto take = [&]<class T>(const T* from) { return std::vector<T>(from, from + count); };
        for (const std::uint8_t problem : take(of<std::uint8_t>(all, 5))) {
            require(problem != 1, "the model's logits contain a NaN or an infinity");
            require(problem != 2, "no token is left to draw: all are suppressed");
        }
        return {take(of<std::int64_t>(all, 0)), take(of<float>(all, 2)), take(of<float>(all, 3)),
                take(of<float>(all, 4))};
    }

private:
    // ids [M] int64; log-probs, log-probs at the temperature, entropies [M] float32; problems [M] bytes
    std::int64_t words() const { return (most_rows_ * 21 + 7) / 8; }

    /// The results that begin after `quads` times M times 4 bytes.
    template <class T>
    T* of(const at::Tensor& all, std::int64_t quads) const {
        return reinterpret_cast<T*>(static_cast<char*>(all.mutable_data_ptr()) + quads * most_rows_ * 4);
    }

    sampling_params params_;
    std::int64_t most_rows_;
    c10::Device device_;
    at::Tensor forbidden_;  // [V] uint8
    at::Tensor streams_;    // [max_rows] int64
    at::Tensor results_;
    std::array<at::Tensor, 2> received_;
    std::array<std::optional<c10::Event>, 2> arrived_;
    std::uint64_t sent_ = 0, read_ = 0;
};

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
