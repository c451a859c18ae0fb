#include <array>
#include <filesystem>
#include <gtest/gtest.h>
#include <stdexcept>

#include <aha/testing/laws/tokenizer_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <aha/testing/symbol_tokenizer.hpp>
#include <aha/text/byte_tokenizer.hpp>
#include <aha/text/tokenizer_json.hpp>
#include <tests/laws/mutants.hpp>

namespace aha::testing {
namespace {

struct byte_case {
    static byte_tokenizer make() { return byte_tokenizer{}; }
    static constexpr bool lossless = true;
};
struct symbol_case {
    static symbol_tokenizer make() { return symbol_tokenizer{{"0", "1", "2", "3", "4", "6", "+", "=", " "}}; }
    static std::vector<std::string> texts() { return {"1", "12 + 34 = 46", "   ", "=+"}; }
    static constexpr bool lossless = true;
};
const std::array registered{register_laws("tokenizer_laws/byte", tokenizer_laws::all<byte_case>()),
                            register_laws("tokenizer_laws/symbol", tokenizer_laws::all<symbol_case>())};

/// The byte tokenizer, with a defect each.
enum class defect { none, outside, lower_case, throws, shows_the_end, adds_a_first };

template <defect Defect>
struct bytes {
    byte_tokenizer plain{};
    std::vector<token_id> encode(std::string_view text) const {
        std::vector<token_id> ids;
        if (Defect == defect::adds_a_first) ids.push_back(plain.vocabulary_size());
        for (const token_id id : plain.encode(text))
            ids.push_back(Defect == defect::outside && id == 'a' ? vocabulary_size() : id);
        return ids;
    }
    std::string decode(std::span<const token_id> ids) const {
        std::string text;
        for (const token_id id : ids) {
            if (Defect == defect::throws && id == 0) throw std::runtime_error{"no text has this byte"};
            if (id == byte_tokenizer::end_id && Defect == defect::shows_the_end) text += "</s>";
            if (id < byte_tokenizer::end_id) text += static_cast<char>(id);
            if (Defect == defect::outside && id == vocabulary_size()) text += 'a';
        }
        if (Defect == defect::lower_case)
            for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        return text;
    }
    std::vector<token_id> end_ids() const { return {byte_tokenizer::end_id}; }
    std::int64_t vocabulary_size() const { return plain.vocabulary_size() + (Defect == defect::adds_a_first ? 1 : 0); }
};
template <defect Defect>
struct bytes_case {
    static bytes<Defect> make() { return {}; }
    static constexpr bool lossless = true;
};

TEST(tokenizer_laws, each_is_needed) {
    using laws_of = std::array<law, 5>;
    const auto laws = []<defect Defect>(std::integral_constant<defect, Defect>) -> laws_of {
        return tokenizer_laws::all<bytes_case<Defect>>();
    };
    for (const law& one : laws(std::integral_constant<defect, defect::none>{})) EXPECT_EQ(one.broken(), "") << one.name;
    test::expect_a_mutant_for_each_law(
        tokenizer_laws::all<byte_case>(),
        {test::mutant_of("gives_ids_of_its_vocabulary", laws(std::integral_constant<defect, defect::outside>{})),
         test::mutant_of("decodes_what_it_encodes", laws(std::integral_constant<defect, defect::lower_case>{})),
         test::mutant_of("decodes_any_id", laws(std::integral_constant<defect, defect::throws>{})),
         test::mutant_of("hides_the_end", laws(std::integral_constant<defect, defect::shows_the_end>{})),
         test::mutant_of("adds_nothing", laws(std::integral_constant<defect, defect::adds_a_first>{}))});
}

}  // namespace
}  // namespace aha::testing
