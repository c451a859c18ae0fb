#pragma once

#include <aha/aha.hpp>
#include <aha/reward/code/language.hpp>
#include <aha/reward/code/same_output.hpp>
#include <aha/reward/code/sandbox.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Programs in small: a function is shown by four of its values, and asked for is an expression in x that gives these
/// and four more. Whether it does, Python says, in a sandbox.
namespace code_golf {

inline constexpr std::int64_t slopes = 10, offsets = 20, shown = 4, asked = 8;
inline constexpr std::int64_t numbers = (slopes - 1) * (shown - 1) + offsets;  ///< 0 to the largest that is shown

/// The words of tasks and expressions: the numbers, and eleven more, the last of which ends a program.
class words {
public:
    std::vector<aha::token_id> encode(std::string_view text) const {
        std::vector<aha::token_id> ids;
        while (!text.empty()) {
            const std::string_view word = text.substr(0, text.find(' '));
            ids.push_back(id_of(word));
            text.remove_prefix(std::min(text.size(), word.size() + 1));
        }
        return ids;
    }

    std::string decode(std::span<const aha::token_id> ids) const {
        std::string text;
        for (const aha::token_id id : ids) {
            aha::require(id >= 0 && id < vocabulary_size(), "there is no word ", id);
            if (id == end_ids_.front()) continue;
            if (!text.empty()) text += ' ';
            text += id < numbers ? std::to_string(id) : std::string{others[static_cast<std::size_t>(id - numbers)]};
        }
        return text;
    }

    const std::vector<aha::token_id>& end_ids() const { return end_ids_; }
    std::int64_t vocabulary_size() const { return numbers + std::ssize(others); }

private:
    static constexpr std::array<std::string_view, 10> others{"x", "+", "-", "*", "(", ")", ":", ",", "=", "end"};

    static aha::token_id id_of(std::string_view word) {
        for (std::size_t n = 0; n < others.size(); ++n)
            if (word == others[n]) return numbers + static_cast<aha::token_id>(n);
        const std::string digits{word};
        const bool number =
            !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos && digits.size() < 4;
        aha::require(number && std::stol(digits) < numbers, "there is no word \"", digits, "\"");
        return std::stoi(digits);
    }

    std::vector<aha::token_id> end_ids_{numbers + std::ssize(others) - 1};
};

/// The task of a function a * x + b: "0 : 5 , 1 : 8 , 2 : 11 , 3 : 14 =". What a program must write stands in the field
/// "output", which the model does not see.
inline aha::prompt task_of(std::int64_t a, std::int64_t b) {
    aha::prompt p;
    std::string output;
    for (std::int64_t x = 0; x < asked; ++x) {
        const std::string value = std::to_string(a * x + b);
        if (x < shown) p.text += std::to_string(x) + " : " + value + (x + 1 < shown ? " , " : " =");
        output += value + '\n';
    }
    p.fields = {{"a", a}, {"b", b}, {"output", output}};
    return p;
}

/// All tasks, a fifth of them held out.
struct task_split {
    std::vector<aha::prompt> training, held_out;
};

inline task_split all_tasks(std::uint64_t seed) {
    std::vector<aha::prompt> all;
    for (std::int64_t a = 0; a < slopes; ++a)
        for (std::int64_t b = 0; b < offsets; ++b) all.push_back(task_of(a, b));
    const aha::random_stream random{{seed, 0, 0, 1}};
    for (std::size_t n = all.size(); n > 1; --n) std::swap(all[n - 1], all[random.below(n, n)]);
    for (std::size_t n = 0; n < all.size(); ++n) all[n].index = static_cast<std::int64_t>(n);
    const auto fifth = all.begin() + std::ssize(all) / 5;
    return {{fifth, all.end()}, {all.begin(), fifth}};
}

/// Random expressions that Python understands.
class expressions {
public:
    explicit expressions(const aha::random_key& key) : random_{key} {}

    /// The next one, of at most `deep` operators one within another.
    std::string next(int deep = 2) {
        const double kind = random_.uniform(drawn_++);
        if (deep == 0 || kind < 0.2) return kind < 0.08 || (deep == 0 && kind < 0.4) ? "x" : number();
        const std::string left = next(deep - 1), right = next(deep - 1);
        const std::string both = left + " " + std::string{operators[random_.below(drawn_++, 3)]} + " " + right;
        return random_.uniform(drawn_++) < 0.3 ? "( " + both + " )" : both;
    }

private:
    static constexpr std::array<std::string_view, 3> operators{"+", "-", "*"};

    std::string number() { return std::to_string(random_.below(drawn_++, numbers)); }

    aha::random_stream random_;
    std::uint64_t drawn_ = 0;
};

/// What Python says of expressions. One that was run is not run again: what it writes does not depend on the task.
//! [reward]
class sandbox_judge {
public:
    /// The share of the lines that are right.
    double operator()(const aha::prompt& task, const aha::completion& said) const {
        std::istringstream wrote{shared_->run_once(said.text)}, wanted{task["output"].get<std::string>()};
        std::int64_t right = 0;
        for (std::string given, line; std::getline(wanted, line);)
            if (std::getline(wrote, given)) right += aha::code::same_output(line, given) ? 1 : 0;
        return static_cast<double>(right) / asked;
    }

    std::int64_t judged() const { return shared_->judged; }  ///< completions
    std::int64_t runs() const { return shared_->runs; }      ///< of the sandbox: one for each expression
    double seconds() const { return shared_->seconds; }      ///< that these took, added up over threads

private:
    struct shared {
        /// What the program of an expression writes.
        std::string run(const std::string& expression) {
            const aha::code::language python = aha::code::language::python();
            const auto program = std::make_shared<const std::string>(
                "import sys\nfor line in sys.stdin:\n    x = int(line)\n    print(" + expression + ")\n");
            aha::code::sandbox_run done = box.run({.words = python.run,
                                                   .files = {{.name = python.file, .contents = program}},
                                                   .input = "0\n1\n2\n3\n4\n5\n6\n7\n"});
            ++runs;
            seconds += done.seconds;
            return std::move(done.output);
        }

        /// The same; the first that asks runs it, others wait for it.
        std::string run_once(const std::string& expression) {
            ++judged;
            std::shared_future<std::string> output;
            {
                const std::lock_guard lock{guard};
                std::shared_future<std::string>& kept = outputs[expression];
                if (!kept.valid()) kept = std::async(std::launch::deferred, [=, this] { return run(expression); });
                output = kept;
            }
            return output.get();
        }

        aha::code::sandbox box;
        std::atomic<std::int64_t> judged = 0, runs = 0;
        std::atomic<double> seconds = 0;
        std::mutex guard;
        std::map<std::string, std::shared_future<std::string>> outputs;
    };

    std::shared_ptr<shared> shared_ = std::make_shared<shared>();
};
//! [reward]

}  // namespace code_golf

template <>
inline constexpr bool aha::deterministic_reward<code_golf::sandbox_judge> = true;
