// aha: a communicator gives every rank the bytes of all; write: std::vector<std::string> all_gather\(const std::string&
// bytes\)
#include <aha/concepts/communicator.hpp>

template <class Communicator>
struct trainer {
    static_assert(aha::require_communicator<Communicator>());
};

struct my_ranks {
    int rank() const;
    int size() const;
    void all_reduce(const at::Tensor&) const;
    void broadcast(const at::Tensor&, int) const;
#ifndef AHA_DEFECT
    std::vector<std::string> all_gather(const std::string& bytes) const;
#endif
};

trainer<my_ranks> t;
