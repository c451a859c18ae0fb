#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/StorageImpl.h>
#include <cstddef>
#include <cstdint>

namespace aha {

/// A flat tensor whose memory comes and goes: views that were made while it was held stay valid, and see the new
/// memory.
class releasable_buffer {
public:
    releasable_buffer() = default;
    /// Of `count` numbers; held at first.
    releasable_buffer(std::int64_t count, const at::TensorOptions& options) : all_{at::empty({count}, options)} {}

    const at::Tensor& tensor() const { return all_; }  ///< [count], readable while it is held

    /// Whether it has memory.
    bool held() const { return all_.defined() && all_.storage().nbytes() > 0; }

    /// Has memory from now on; what is in it is undefined.
    void hold() const {
        if (held()) return;
        c10::StorageImpl& storage = *all_.storage().unsafeGetStorageImpl();
        const auto bytes = static_cast<std::size_t>(all_.numel()) * all_.element_size();
        storage.set_data_ptr_noswap(storage.allocator()->allocate(bytes));
        storage.set_nbytes(bytes);
    }

    /// Gives the memory back.
    void release() const {
        c10::StorageImpl& storage = *all_.storage().unsafeGetStorageImpl();
        storage.set_data_ptr_noswap(c10::DataPtr{nullptr, all_.device()});
        storage.set_nbytes(0);
    }

private:
    at::Tensor all_;
};

}  // namespace aha
