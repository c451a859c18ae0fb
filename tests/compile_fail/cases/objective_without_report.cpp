// aha: an objective reports metrics by name; write: aha::metric_list report\(const my_batch& batch, std::span<const double> losses, const aha::update_record& record\) const;
#include <aha/testing/bandit.hpp>
#include <aha/train/trainer.hpp>

struct my_objective {
    int next(const auto&) { return 1; }
    double accumulate(const auto&, int&, std::size_t, const aha::microbatch_hook&) const { return 0; }
#ifndef AHA_DEFECT
    aha::metric_list report(const int&, std::span<const double>, const aha::update_record&) const { return {}; }
#endif
    aha::state save() const { return {}; }
    void load(const aha::state&) {}
};

aha::trainer<aha::testing::bandit, my_objective>* t = nullptr;
void use() { t->step(); }
