#pragma once

#include <c10/core/Device.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <aha/core/kernels_namespace.hpp>
#include <aha/kernels/launch.hpp>

#if defined(AHA_KERNELS)
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// Steps over memory that stays where it is: on a GPU a step of a shape that comes up again is recorded as a CUDA graph
/// and repeated by one call; on the CPU, and the first times, it is simply run.
class step_graphs {
public:
    using shape = std::pair<std::int64_t, std::int64_t>;  ///< what makes one step's calls differ from another's

    /// @param device where the steps run
    explicit step_graphs(const c10::Device& device) : device_{device} {
#if defined(AHA_KERNELS)
        if (!device.is_cpu()) stream_.emplace(c10::cuda::getStreamFromPool(false, device.index()));
#endif
    }

    /// Runs `work` on the stream of the steps, after what was given to the current one; the current one waits for it.
    template <class Work>
    void on_stream(const Work& work) const {
#if defined(AHA_KERNELS)
        if (stream_) {
            const c10::cuda::CUDAStream outer = c10::cuda::getCurrentCUDAStream(stream_->device_index());
            wait(outer, *stream_);
            {
                const c10::cuda::CUDAStreamGuard guard{*stream_};
                work();
            }
            wait(*stream_, outer);
            return;
        }
#endif
        work();
    }

    /// One step: `work()`, which makes the same calls on the same memory for equal shapes. Inside `on_stream`.
    template <class Work>
    void step([[maybe_unused]] const shape& which, const Work& work) {
#if defined(AHA_KERNELS)
        if (stream_) {
            entry& e = entries_[which];
            if (++e.uses <= runs_before_recording) return work();
            if (!e.graph) {
                auto graph = std::make_unique<at::cuda::CUDAGraph>();
                graph->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
                work();
                graph->capture_end();
                e.graph = std::move(graph);
            }
            return e.graph->replay();
        }
#endif
        work();
    }

    /// Forgets what was recorded: memory has moved.
    void clear() {
#if defined(AHA_KERNELS)
        entries_.clear();
#endif
    }

private:
#if defined(AHA_KERNELS)
    // The first run of a shape sets up what cuBLAS wants; a shape that is left again soon is not worth recording.
    static constexpr std::int64_t runs_before_recording = 3;

    struct entry {
        std::int64_t uses = 0;
        std::unique_ptr<at::cuda::CUDAGraph> graph;
    };

    static void wait(const c10::cuda::CUDAStream& first, const c10::cuda::CUDAStream& then) {
        c10::Event done{c10::DeviceType::CUDA};
        done.record(first.unwrap());
        done.block(then.unwrap());
    }

    std::optional<c10::cuda::CUDAStream> stream_;
    std::map<shape, entry> entries_;
#endif
    c10::Device device_;
};

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
