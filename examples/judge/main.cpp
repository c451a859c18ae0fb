// Judges answers in mathematics: each line of --in is {"gold": "...", "answer": "..."}, where "gold" may be a list of
// strings; each line of --out is {"equal": bool, "gold_read": "...", "answer_read": "..."}, what was read, or null
// where nothing was.
#include <CLI/CLI.hpp>
#include <aha/data/jsonl_reader.hpp>
#include <aha/files/atomic_file.hpp>
#include <aha/reward/math/math_verifier.hpp>
#include <algorithm>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

/// The texts of a row's field: a string, or where `lists` a list of strings. `where` is "FILE:LINE".
std::vector<std::string> texts_of(const aha::json& row, const std::string& field, bool lists,
                                  const std::string& where) {
    aha::require(row.contains(field), where, ": no \"", field, "\"");
    const aha::json& said = row[field];
    if (said.is_string()) return {said.get<std::string>()};
    const bool strings = said.is_array() && !said.empty() &&
                         std::all_of(said.begin(), said.end(), [](const aha::json& one) { return one.is_string(); });
    aha::require(lists && strings, where, ": \"", field, "\" is ", said.dump(), ", which is no string",
                 lists ? " and no list of strings" : "");
    return said.get<std::vector<std::string>>();
}

nlohmann::json read_text(const aha::math::math_answer& one) {
    return one ? nlohmann::json(to_text(one)) : nlohmann::json();
}

void judge(const std::string& in, const std::string& out, const aha::math_verifier& verifier) {
    aha::jsonl_reader lines{in};
    aha::atomic_file file{out};
    std::int64_t judged = 0, right = 0;
    for (; const auto row = lines.next(); ++judged) {
        const std::vector<std::string> golds = texts_of(row->fields, "gold", true, lines.where());
        const aha::math::math_answer answer =
            verifier.read(texts_of(row->fields, "answer", false, lines.where()).front());
        bool equal = false;
        nlohmann::json read = nlohmann::json::array();
        for (const std::string& gold : golds) {
            const aha::math::math_answer one = verifier.read(gold);
            equal = equal || verifier.same(one, answer);
            read.push_back(read_text(one));
        }
        if (!row->fields["gold"].is_array()) read = nlohmann::json(read.front());
        const nlohmann::json verdict{{"equal", equal}, {"gold_read", read}, {"answer_read", read_text(answer)}};
        file.write(verdict.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
        right += equal ? 1 : 0;
    }
    aha::require(judged > 0, in, " holds nothing to judge");
    file.commit();
    std::cout << right << " of " << judged << " answers equal their reference\n";
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Whether answers in mathematics equal their references"};
    std::string in, out;
    bool as_math_verify = false;
    app.add_option("--in", in, R"(JSON lines, {"gold": "...", "answer": "..."}; "gold" may be a list)")->required();
    app.add_option("--out", out, R"(JSON lines, {"equal": ..., "gold_read": ..., "answer_read": ...})")->required();
    app.add_flag("--as-math-verify", as_math_verify,
                 "the verdicts of Math-Verify 0.9.0, also where they are plainly wrong");
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem, std::cout, std::cerr) == 0 ? 0 : 2;
    }
    try {
        judge(in, out, aha::math_verifier{as_math_verify ? aha::math_options::as_math_verify() : aha::math_options{}});
        return 0;
    } catch (const std::exception& problem) {
        std::cerr << "error: " << problem.what() << '\n';
    }
    return 1;
}
