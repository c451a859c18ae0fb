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
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Programs in small: a function is shown by three of its values, and asked for is an expression in x that gives these
/// and six more. Whether it does, Python says, in a sandbox.
namespace code_golf {

inline constexpr std::int64_t slopes = 9, offsets = 10, digits = 10;
inline constexpr std::array<std::int64_t, 3> shown{0, 1, 10};                    ///< where a task gives the values
inline constexpr std::array<std::int64_t, 9> asked{0, 1, 10, 2, 3, 4, 5, 6, 7};  ///< where a program must give them

/// The words of tasks and expressions: the digits, and ten more, the last of which ends a program.
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
            text += id < digits ? std::to_string(id) : std::string{others[static_cast<std::size_t>(id - digits)]};
        }
        return text;
    }

    const std::vector<aha::token_id>& end_ids() const { return end_ids_; }
    std::int64_t vocabulary_size() const { return digits + std::ssize(others); }

private:
    static constexpr std::array<std::string_view, 10> others{"x", "+", "-", "*", "(", ")", ":", ",", "=", "end"};

    static aha::token_id id_of(std::string_view word) {
        for (std::size_t n = 0; n < others.size(); ++n)
            if (word == others[n]) return digits + static_cast<aha::token_id>(n);
        aha::require(word.size() == 1 && word[0] >= '0' && word[0] <= '9', "there is no word \"", word, "\"");
        return word[0] - '0';
    }

    std::vector<aha::token_id> end_ids_{digits + std::ssize(others) - 1};
};

/// A number as words, a digit each.
inline std::string spelled(std::int64_t number) {
    std::string text;
    for (const char digit : std::to_string(number)) text += text.empty() ? std::string{digit} : std::string{' ', digit};
    return text;
}

/// The task of a function a * x + b: "0 : 5 , 1 : 8 , 1 0 : 3 5 =". What a program must write stands in the field
/// "output", which the model does not see.
inline aha::prompt task_of(std::int64_t a, std::int64_t b) {
    aha::prompt p;
    for (const std::int64_t x : shown)
        p.text += (p.text.empty() ? "" : " , ") + spelled(x) + " : " + spelled(a * x + b);
    p.text += " =";
    std::string output;
    for (const std::int64_t x : asked) output += std::to_string(a * x + b) + '\n';
    p.fields = {{"a", a}, {"b", b}, {"output", output}};
    return p;
}

/// All tasks, a fifth of them held out.
struct task_split {
    std::vector<aha::prompt> training, held_out;
};

inline task_split all_tasks(std::uint64_t seed) {
    std::vector<aha::prompt> all;
    for (std::int64_t a = 1; a <= slopes; ++a)
        for (std::int64_t b = 0; b < offsets; ++b) all.push_back(task_of(a, b));
    const aha::random_stream random{{seed, 0, 0, 1}};
    for (std::size_t n = all.size(); n > 1; --n) std::swap(all[n - 1], all[random.below(n, n)]);
    for (std::size_t n = 0; n < all.size(); ++n) all[n].index = static_cast<std::int64_t>(n);
    const auto fifth = all.begin() + std::ssize(all) / 5;
    return {{fifth, all.end()}, {all.begin(), fifth}};
}

/// Random expressions in x: sums of one to three terms, such as "7 - x * 3" or "( 4 + 1 ) * x".
class expressions {
public:
    explicit expressions(const aha::random_key& key) : random_{key} {}

    /// The next one, which has an x.
    std::string next() {
        std::string text = sum();
        while (text.find('x') == std::string::npos) text = sum();
        return text;
    }

private:
    std::uint64_t below(std::uint64_t bound) { return random_.below(drawn_++, bound); }
    std::string digit() { return std::to_string(below(digits)); }

    std::string sum() {
        std::string text = term();
        for (std::uint64_t more = below(3); more > 0; --more) text += (below(3) > 0 ? " + " : " - ") + term();
        return text;
    }

    std::string term() {
        switch (below(5)) {
            case 0: return "x";
            case 1: return digit() + " * x";
            case 2: return "x * " + digit();
            case 3: return "( " + digit() + (below(2) > 0 ? " + " : " - ") + digit() + " ) * x";
            default: return digit();
        }
    }

    aha::random_stream random_;
    std::uint64_t drawn_ = 0;
};

/// What Python says of expressions. One that was run is not run again: what it writes does not depend on the task.
//! [reward]
class sandbox_judge {
public:
    /// 1 if all lines are right, else 0.
    double operator()(const aha::prompt& task, const aha::completion& said) const {
        return aha::code::same_output(task["output"].get<std::string>(), shared_->run_once(said.text)) ? 1 : 0;
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
            std::string input;
            for (const std::int64_t x : asked) input += std::to_string(x) + '\n';
            aha::code::sandbox_run done =
                box.run({.words = python.run, .files = {{.name = python.file, .contents = program}}, .input = input});
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
