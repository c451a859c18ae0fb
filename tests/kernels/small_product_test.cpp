#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <aha/kernels/parallel_tasks.hpp>
#include <aha/kernels/small_product.hpp>
#include <aha/testing/tolerance.hpp>
#include <atomic>
#include <vector>

namespace {

using aha::testing::tolerance;

at::Tensor small(const at::Tensor& a, const at::Tensor& b, at::Tensor c, bool add) {
    aha::small_product(a.size(0), b.size(1), a.size(1), {a.const_data_ptr<float>(), a.stride(0), a.stride(1)},
                       b.const_data_ptr<float>(), b.stride(0), c.mutable_data_ptr<float>(), c.stride(0), add);
    return c;
}

TEST(small_product, equals_the_product_in_double_for_every_shape_near_a_tiles) {
    at::manual_seed(3);
    for (const std::int64_t rows : {1, 2, 5, 6, 7, 13})
        for (const std::int64_t columns : {1, 15, 16, 17, 32, 33, 64, 80})
            for (const std::int64_t inner : {0, 1, 3, 40}) {
                const at::Tensor a = at::randn({rows, inner}), b = at::randn({inner, columns});
                const at::Tensor exact = at::mm(a.to(at::kDouble), b.to(at::kDouble));
                SCOPED_TRACE(testing::Message() << rows << " x " << columns << " x " << inner);
                const at::Tensor start = at::randn({rows, columns});
                EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(small(a, b, start.clone(), false), exact)), "");
                EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(small(a, b, start.clone(), true), exact + start)), "");
                const at::Tensor across = a.t().contiguous().t();  // the same values, the strides of a transpose
                EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(small(across, b, start.clone(), false), exact)), "");
            }
}

TEST(small_product, writes_nothing_beside_its_columns) {
    const at::Tensor a = at::ones({3, 4}), b = at::ones({4, 40}), wide = at::full({3, 50}, 7.0F);
    small(a, b, wide.narrow(1, 0, 40), false);
    EXPECT_TRUE(wide.narrow(1, 0, 40).eq(4).all().item<bool>());
    EXPECT_TRUE(wide.narrow(1, 40, 10).eq(7).all().item<bool>());
}

TEST(small_product, whole_vectors_rounds_up) {
    EXPECT_EQ(aha::whole_vectors(0), 0);
    EXPECT_EQ(aha::whole_vectors(1), 16);
    EXPECT_EQ(aha::whole_vectors(16), 16);
    EXPECT_EQ(aha::whole_vectors(17), 32);
}

TEST(parallel_tasks, does_each_task_once_on_every_number_of_threads) {
    const int before = at::get_num_threads();
    for (const int threads : {1, 2, 3}) {
        at::set_num_threads(threads);
        for (const std::int64_t count : {0, 1, 2, 50}) {
            std::vector<std::atomic<int>> done(static_cast<std::size_t>(count));
            aha::parallel_tasks(count,
                                [&] { return [&](std::int64_t task) { ++done[static_cast<std::size_t>(task)]; }; });
            for (const std::atomic<int>& times : done) EXPECT_EQ(times.load(), 1);
        }
    }
    at::set_num_threads(before);
}

TEST(parallel_tasks, runs_on_several_threads) {
    // OpenMP's flag is part of the target aha::aha; without it every loop would run on one thread, correct and slow.
    const int before = at::get_num_threads();
    at::set_num_threads(2);
    std::atomic<int> threads{0};
    at::parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) { ++threads; });
    at::set_num_threads(before);
    EXPECT_EQ(threads.load(), 2);
}

}  // namespace
