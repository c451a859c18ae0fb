// Judges the answers of a file again and again, one thread, and prints how many it judges a second, the slowest, and
// the verdicts: benchmarks/vs_math_verify/compare.py compares them with Math-Verify's.
#include <CLI/CLI.hpp>
#include <aha/data/jsonl_reader.hpp>
#include <aha/reward/math/math_verifier.hpp>
#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

double seconds_since(clock_type::time_point begin) {
    return std::chrono::duration<double>(clock_type::now() - begin).count();
}

nlohmann::json judged(const std::string& in, int repeat) {
    std::vector<std::pair<std::string, std::string>> cases;
    aha::jsonl_reader lines{in};
    while (const auto row = lines.next())
        cases.emplace_back(row->fields.at("gold").get<std::string>(), row->fields.at("answer").get<std::string>());
    const aha::math_verifier verifier{aha::math_options::as_math_verify()};
    std::vector<bool> verdicts;
    std::vector<double> fastest(cases.size(), 1e9);
    const auto begin = clock_type::now();
    for (int pass = 0; pass < repeat; ++pass) {
        verdicts.clear();
        for (std::size_t i = 0; i < cases.size(); ++i) {
            const auto one = clock_type::now();
            verdicts.push_back(verifier(cases[i].first, cases[i].second));
            fastest[i] = std::min(fastest[i], seconds_since(one));
        }
    }
    const double seconds = seconds_since(begin);
    return {{"answers_per_second", static_cast<double>(cases.size()) * repeat / seconds},
            {"slowest_ms", *std::max_element(fastest.begin(), fastest.end()) * 1e3},
            {"verdicts", verdicts}};
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"How many answers in mathematics are judged a second"};
    std::string in;
    int repeat = 20;
    app.add_option("--in", in, R"(JSON lines, {"gold": "...", "answer": "..."})")->required();
    app.add_option("--repeat", repeat, "passes over the file")->check(CLI::PositiveNumber)->capture_default_str();
    CLI11_PARSE(app, count, arguments);
    try {
        std::cout << judged(in, repeat) << '\n';
        return 0;
    } catch (const std::exception& problem) {
        std::cerr << "error: " << problem.what() << '\n';
    }
    return 1;
}
