#include <aha/reward/math/approximate.hpp>

#include <gtest/gtest.h>
#include <string>

namespace {

using namespace aha::math;

real third() { return real{1} / 3; }

// mpmath 1.3.0 with 45 digits.
void expect_near(const std::optional<approximate>& seen, const char* re, const char* im = "0") {
    ASSERT_TRUE(seen) << re;
    EXPECT_LT(abs(seen->re - real{re}), real{"1e-40"}) << seen->re.str(45) << " and not " << re;
    EXPECT_LT(abs(seen->im - real{im}), real{"1e-40"}) << seen->im.str(45) << " and not " << im;
    EXPECT_LT(seen->noise, 1e-35L);
}

approximate complex(double re, double im) { return {.re = re, .im = im}; }

TEST(approximate, agrees_with_mpmath) {
    expect_near(function_at("sin", exactly(third())), "0.327194696796152244173344085267620606064301407");
    expect_near(function_at("gamma", exactly(real{7} / 3)), "1.19063934875899894829141908487763450850163972");
    expect_near(function_at("gamma", exactly(real{1} / 7)), "6.54806294024782443771409334942899626262113519");
    expect_near(function_at("gamma", exactly(real{-1} / 2)), "-3.54490770181103205459633496668229036559509891");
    expect_near(function_at("sinh", exactly(2)), "3.62686040784701876766821398280126170488634201");
    expect_near(function_at("ln", complex(1, 2)), "0.804718956217050187300379666613093819762800677",
                "1.10714871779409050301706546017853704007004765");
    expect_near(function_at("asin", exactly(2)), "1.5707963267948966192313216916397514420985847",
                "-1.31695789692481670862504634730796844402698197");
    expect_near(function_at("atan", complex(0.5, 0.25)), "0.48425449032996621877459949871775926604955648",
                "0.200586618131234322782446147699148250172311242");
    expect_near(raised(complex(-3, 4), exactly(real{0.5})), "1", "2");
    expect_near(raised(complex(1, 1), complex(0.5, -1)), "2.60549011284246900014596788488325430573895917",
                "0.12026481418247156081355829313949296802560268");
}

TEST(approximate, has_no_value_where_a_function_has_none) {
    EXPECT_FALSE(divided(exactly(1), exactly(0)));
    EXPECT_FALSE(function_at("ln", exactly(0)));
    EXPECT_FALSE(function_at("tan", exactly(pi_value() / 2)));
    EXPECT_FALSE(function_at("factorial", exactly(-3)));
    EXPECT_FALSE(raised(exactly(0), exactly(-1)));
    EXPECT_FALSE(function_at("no such function", exactly(1)));
}

TEST(approximate, knows_how_far_it_may_be_off) {
    const approximate root = *raised(exactly(2), exactly(real{0.5}));
    EXPECT_TRUE(same_number(root * root, exactly(2)));
    EXPECT_FALSE(same_number(root * root, exactly(2 + real{"1e-40"})));
    const approximate tiny = *raised(exactly(10), exactly(-300));
    EXPECT_FALSE(same_number(tiny, exactly(0)));
    EXPECT_FALSE(same_number(tiny, tiny * exactly(2)));
    const approximate lost = exactly(real{"1e45"}) * exactly(third()) * exactly(3) - exactly(real{"1e45"});
    EXPECT_TRUE(same_number(lost, exactly(0))) << "what cancels keeps the error of what it came from";
}

}  // namespace
