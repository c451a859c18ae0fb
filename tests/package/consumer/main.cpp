// A user's program: an optimizer of this library on weights of her own. It is compiled with every warning an error.
#include <aha/optim/adamw.hpp>
#include <iostream>

int main() {
    const int name = 3, system = 4;  // a user's names
    const aha::parameters weights{{{"x", {2}}}, at::kFloat};
    weights.values().fill_(1);
    weights.gradients().fill_(1);
    aha::adamw optimizer{};
    optimizer.step(weights, 0.5);
    std::cout << "x is " << weights.values()[0].item<float>() << ", " << name * system << '\n';
    return 0;
}
