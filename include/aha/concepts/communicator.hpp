#pragma once

#include <ATen/core/Tensor.h>
#include <concepts>
#include <string>
#include <vector>

#include <aha/concepts/result.hpp>

/// A communicator joins the processes of one run, its ranks. All of them run the same program on the same data; a
/// trainer shares the work out among them and joins the results, so that every rank holds the same weights.
///
/// 1. `rank() const` and `size() const` say which of how many this process is: 0 <= rank < size, for the whole run.
/// 2. `all_reduce(tensor) const` adds a tensor over the ranks, in place. Every rank then holds the same bits.
/// 3. `broadcast(tensor, from) const` overwrites a tensor with that of rank `from`, in place.
/// 4. `all_gather(bytes) const` gives every rank the bytes of all, in the order of ranks: `std::vector<std::string>`.
/// 5. Every rank calls these in the same order, with tensors of the same shape and type. A call that another rank does
///    not join throws `aha::error`, which names that rank, instead of waiting forever.
///
/// With a size of 1 each of them leaves its argument as it is. Not required: default construction, sharing between
/// threads, tensors on another device than the model's. A copy joins the same ranks.
namespace aha {

/// `rank()` and `size()` give ints.
template <class C>
concept communicator_has_rank_and_size = requires(const C& c) {
    { c.rank() } -> detail::yields<int>;
    { c.size() } -> detail::yields<int>;
};

/// `all_reduce(tensor)` can be called.
template <class C>
concept communicator_all_reduces = requires(const C& c, const at::Tensor& tensor) { c.all_reduce(tensor); };

/// `broadcast(tensor, from)` can be called.
template <class C>
concept communicator_broadcasts = requires(const C& c, const at::Tensor& tensor) { c.broadcast(tensor, 0); };

/// `all_gather(bytes)` gives all ranks' bytes.
template <class C>
concept communicator_all_gathers = requires(const C& c, const std::string& bytes) {
    { c.all_gather(bytes) } -> detail::yields<std::vector<std::string>>;
};

/// Joins the ranks of a run.
template <class C>
concept communicator = communicator_has_rank_and_size<C> && communicator_all_reduces<C> && communicator_broadcasts<C> &&
                       communicator_all_gathers<C> && std::copy_constructible<C>;

/// True, or a compile-time error that says what to write.
template <class C>
consteval bool require_communicator() {
    static_assert(communicator_has_rank_and_size<C>,
                  "aha: a communicator says which of how many ranks this process is; write: "
                  "int rank() const; int size() const;");
    static_assert(communicator_all_reduces<C>,
                  "aha: a communicator adds a tensor over the ranks, in place; write: "
                  "void all_reduce(const at::Tensor& tensor) const;");
    static_assert(communicator_broadcasts<C>,
                  "aha: a communicator overwrites a tensor with that of a rank; write: "
                  "void broadcast(const at::Tensor& tensor, int from) const;");
    static_assert(communicator_all_gathers<C>,
                  "aha: a communicator gives every rank the bytes of all; write: "
                  "std::vector<std::string> all_gather(const std::string& bytes) const;");
    static_assert(std::copy_constructible<C>, "aha: a communicator can be copied; the copy joins the same ranks");
    return true;
}

}  // namespace aha
