// A user's program that links with the bodies compiled once: text, JSON and files of the library, and a tensor.
#include <aha/aha.hpp>
#include <iostream>

int main() {
    const aha::json row = aha::json::parse(R"({"answer": "12"})");
    const aha::parameters weights{{{"x", {2}}}, at::kFloat};
    std::cout << "last is " << aha::last_integer("it is <answer>12</answer>").value_or(0) << ", as "
              << row["answer"].get<std::string>() << ", weights " << weights.size() << '\n';
}
