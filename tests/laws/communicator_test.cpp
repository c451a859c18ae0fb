#include <ATen/ATen.h>
#include <array>
#include <barrier>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <utility>
#include <vector>

#include <aha/dist/c10d_backend.hpp>
#include <aha/dist/one_process.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/testing/laws/communicator_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <tests/laws/mutants.hpp>

namespace aha::testing {
namespace {

/// Gloo between the threads of one process.
struct gloo_case {
    struct place {
        c10::intrusive_ptr<c10d::HashStore> store = c10::make_intrusive<c10d::HashStore>();
        int ranks;
        process_group join(int rank) const {
            const auto patience = std::chrono::seconds{60};
            const auto options = c10d::ProcessGroupGloo::Options::create(patience);
            options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1"));
            return process_group{std::make_shared<c10d_backend>(
                c10::make_intrusive<c10d::ProcessGroupGloo>(c10::make_intrusive<c10d::PrefixStore>("gloo", store), rank,
                                                            ranks, options),
                c10::make_intrusive<c10d::PrefixStore>("alive", store), c10::Device{c10::kCPU}, patience)};
        }
    };
    static place open(int ranks) { return {.ranks = ranks}; }
};

/// The ranks are threads that meet at a barrier.
class thread_ranks {
public:
    struct meeting {
        explicit meeting(int count) : barrier{count}, tensors(std::size_t(count)), words(std::size_t(count)) {}
        std::barrier<> barrier;
        std::vector<at::Tensor> tensors;
        std::vector<std::string> words;
    };

    thread_ranks(std::shared_ptr<meeting> place, int rank) : place_{std::move(place)}, rank_{rank} {}
    int rank() const { return rank_; }
    int size() const { return static_cast<int>(place_->tensors.size()); }
    void all_reduce(const at::Tensor& tensor) const {
        const std::vector<at::Tensor> all = told(tensor);
        tensor.zero_();
        for (const at::Tensor& one : all) tensor.add_(one);
    }
    void broadcast(const at::Tensor& tensor, int from) const { tensor.copy_(told(tensor)[std::size_t(from)]); }
    std::vector<std::string> all_gather(const std::string& bytes) const {
        place_->words[std::size_t(rank_)] = bytes;
        place_->barrier.arrive_and_wait();
        std::vector<std::string> all = place_->words;
        place_->barrier.arrive_and_wait();
        return all;
    }

protected:
    std::vector<at::Tensor> told(const at::Tensor& tensor) const {
        place_->tensors[std::size_t(rank_)] = tensor.clone();
        place_->barrier.arrive_and_wait();
        std::vector<at::Tensor> all = place_->tensors;
        place_->barrier.arrive_and_wait();
        return all;
    }

private:
    std::shared_ptr<meeting> place_;
    int rank_;
};

template <class Ranks>
struct thread_case {
    struct place {
        std::shared_ptr<thread_ranks::meeting> meeting;
        Ranks join(int rank) const { return Ranks{meeting, rank}; }
    };
    static place open(int ranks) { return {std::make_shared<thread_ranks::meeting>(ranks)}; }
};

const std::array registered{
    register_laws("communicator_laws/gloo", communicator_laws::all<gloo_case>()),
    register_laws("communicator_laws/threads", communicator_laws::all<thread_case<thread_ranks>>())};

struct says_two_when_alone : thread_ranks {
    using thread_ranks::thread_ranks;
    int size() const { return std::max(2, thread_ranks::size()); }
};
struct miscounts_whole_numbers : thread_ranks {
    using thread_ranks::thread_ranks;
    void all_reduce(const at::Tensor& tensor) const {
        thread_ranks::all_reduce(tensor);
        if (tensor.scalar_type() == at::kLong && size() > 1) tensor.add_(1);
    }
};
struct adds_its_own_first : thread_ranks {
    using thread_ranks::thread_ranks;
    void all_reduce(const at::Tensor& tensor) const {
        const std::vector<at::Tensor> all = told(tensor);
        for (int r = 0; r < size(); ++r)
            if (r != rank()) tensor.add_(all[std::size_t(r)]);
    }
};
struct broadcasts_the_first : thread_ranks {
    using thread_ranks::thread_ranks;
    void broadcast(const at::Tensor& tensor, int) const { thread_ranks::broadcast(tensor, 0); }
};
struct leaves_out_who_says_nothing : thread_ranks {
    using thread_ranks::thread_ranks;
    std::vector<std::string> all_gather(const std::string& bytes) const {
        std::vector<std::string> all = thread_ranks::all_gather(bytes);
        std::erase(all, "");
        return all;
    }
};
struct copies_are_alone : thread_ranks {
    using thread_ranks::thread_ranks;
    copies_are_alone(const copies_are_alone& other) : thread_ranks{other}, copied{true} {}
    void all_reduce(const at::Tensor& tensor) const {
        if (!copied) thread_ranks::all_reduce(tensor);
    }
    bool copied = false;
};
struct doubles_when_alone : thread_ranks {
    using thread_ranks::thread_ranks;
    void all_reduce(const at::Tensor& tensor) const {
        thread_ranks::all_reduce(tensor);
        if (size() == 1) tensor.mul_(2);
    }
};

TEST(communicator_laws, each_is_needed) {
    const auto broken = []<class Ranks>(const char* law, std::type_identity<Ranks>) {
        return test::mutant_of(law, communicator_laws::all<thread_case<Ranks>>());
    };
    test::expect_a_mutant_for_each_law(communicator_laws::all<thread_case<thread_ranks>>(),
                                       {broken("numbers_its_ranks", std::type_identity<says_two_when_alone>{}),
                                        broken("adds_up", std::type_identity<miscounts_whole_numbers>{}),
                                        broken("sums_to_the_same_bits", std::type_identity<adds_its_own_first>{}),
                                        broken("gives_all_what_one_has", std::type_identity<broadcasts_the_first>{}),
                                        broken("gathers_in_order", std::type_identity<leaves_out_who_says_nothing>{}),
                                        broken("is_shared_by_its_copies", std::type_identity<copies_are_alone>{}),
                                        broken("leaves_one_rank_alone", std::type_identity<doubles_when_alone>{})});
}

/// What only process groups have: the exchange of parts, and calls that are begun and joined later.
TEST(process_group, exchanges_parts_in_the_background) {
    EXPECT_EQ(communicator_laws::detail::on_ranks<gloo_case>(
                  3,
                  [](const process_group& c) -> std::string {
                      const auto rank = static_cast<float>(c.rank());
                      const at::Tensor part = at::full({4}, rank), whole = at::full({12}, -1.0F);
                      const at::Tensor terms = at::arange(6).to(at::kFloat) + rank, own = at::full({2}, -1.0F);
                      const at::Tensor sum = at::full({2}, rank);
                      collective gathered = c.all_gather_async(part, whole);
                      collective summed = c.reduce_scatter_async(terms, own);
                      collective added = c.all_reduce_async(sum);
                      added.wait(), summed.wait(), gathered.wait();
                      gathered.wait();  // a second time: nothing
                      if (!whole.equal(at::tensor({0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}).to(at::kFloat)))
                          return "gathered other parts";
                      if (!own.equal(at::arange(2).to(at::kFloat) * 3 + 6 * rank + 3)) return "summed other parts";
                      return sum.equal(at::full({2}, 3.0F)) ? "" : "summed otherwise";
                  }),
              "");
}

}  // namespace
}  // namespace aha::testing
