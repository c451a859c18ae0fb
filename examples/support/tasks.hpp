#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/data/addition_prompts.hpp>
#include <aha/text/r1_template.hpp>

/// What the chain of this program is about: sums, whose answers a rule checks, and courtesies (greetings, thanks,
/// invitations), whose answers only a preference can judge.
namespace example {

/// How the base model and R1-Zero are asked: the paper's template with one worked example, without which a model this
/// small never finds the format.
inline aha::r1_template zero_template() {
    return aha::r1_template{{.examples = {{"What is 12 + 30?", "12 + 30 = 42", "42"}}}};
}

/// How the models after the cold start are asked: nothing is explained any more.
inline aha::r1_template plain_template() { return aha::r1_template{{.instruction = "", .separator = "\n"}}; }

/// A response in R1's format.
inline std::string response(const std::string& thought, const std::string& summary) {
    return " <think> " + thought + " </think> <answer> " + summary + " </answer>";
}

/// A right response to a sum with a readable thought, in English or in Russian.
inline std::string sum_response(const aha::prompt& asked, bool english) {
    const std::string a = asked["a"].dump(), b = asked["b"].dump(), c = asked["answer"].dump();
    return response((english ? "Let us add: " : "Сложим: ") + a + " + " + b + " = " + c, c);
}

/// Courtesies: 40 names, three occasions, of which a fifth is held out.
struct courtesy {
    std::string request, thought, warm, curt;
};

inline courtesy courtesy_of(std::size_t name, std::size_t occasion) {
    constexpr std::string_view names[] = {"Anna",  "Ben",   "Clara", "David",  "Emma",  "Frank",  "Grace", "Henry",
                                          "Iris",  "Jack",  "Kate",  "Leo",    "Maria", "Noah",   "Olga",  "Paul",
                                          "Rosa",  "Sam",   "Tina",  "Victor", "Adam",  "Wendy",  "Bella", "Carl",
                                          "Diana", "Eric",  "Fiona", "Helen",  "Ian",   "George", "Mark",  "Julia",
                                          "Kevin", "Laura", "Nina",  "Oscar",  "Peter", "Ruth",   "Simon", "Alice"};
    const std::string who{names[name % std::size(names)]};
    switch (occasion % 3) {
        case 0:
            return {"Greet " + who + ".", who + " should be greeted.", "Hello dear " + who + ", how nice to see you!",
                    "Hi " + who + "."};
        case 1:
            return {"Thank " + who + " for the help.", who + " should be thanked.",
                    "Thank you so much, dear " + who + ", that was very kind!", "Thanks " + who + "."};
        default:
            return {"Invite " + who + " to dinner.", who + " should be invited.",
                    "Dear " + who + ", we would love to have you for dinner!", "Dinner, " + who + "."};
    }
}
inline constexpr std::size_t courtesies = 120;

inline courtesy nth_courtesy(std::size_t n) { return courtesy_of(n / 3, n); }
inline bool held_out(std::size_t n) { return (n / 3) % 5 == 4; }

/// The prompts of the courtesies that are held out, or of the others.
template <class Render>
std::vector<aha::prompt> courtesy_prompts(bool held, const Render& render) {
    std::vector<aha::prompt> all;
    for (std::size_t n = 0; n < courtesies; ++n) {
        if (held_out(n) != held) continue;
        aha::prompt p;
        p.index = std::ssize(all);
        p.text = render(nth_courtesy(n).request);
        p.fields = {{"question", nth_courtesy(n).request}, {"kind", "general"}, {"number", n}};
        all.push_back(std::move(p));
    }
    return all;
}

}  // namespace example
