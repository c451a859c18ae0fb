#pragma once

#include <algorithm>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <cstddef>
#include <cstdint>

namespace aha::test {

/// Remembers the largest block of memory asked of the CPU allocator while it lives.
class watched_memory final : public c10::Allocator {
public:
    watched_memory() : before_{c10::GetAllocator(c10::kCPU)} { c10::SetAllocator(c10::kCPU, this, priority); }
    ~watched_memory() override { c10::SetAllocator(c10::kCPU, before_, priority); }
    watched_memory(const watched_memory&) = delete;
    watched_memory& operator=(const watched_memory&) = delete;

    c10::DataPtr allocate(std::size_t bytes) override {
        largest_ = std::max(largest_, bytes);
        return before_->allocate(bytes);
    }
    c10::DeleterFnPtr raw_deleter() const override { return before_->raw_deleter(); }
    void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }
    std::size_t largest() const { return largest_; }

private:
    static constexpr std::uint8_t priority = 100;
    c10::Allocator* before_;
    std::size_t largest_ = 0;
};

}  // namespace aha::test
