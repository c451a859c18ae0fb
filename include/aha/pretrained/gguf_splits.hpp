#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace aha {

namespace detail {

/// The ways in which byte-level vocabularies cut a text into words; `split_patterns` has them in full.
enum class word_split {
    unnamed,
    gpt2,
    digit_gpt2,
    falcon,
    llama3,
    qwen2,
    qwen35,
    line_qwen2,
    minicpm5,
    jais2,
    deepseek_llm,
    deepseek_coder,
    deepseek_v3,
    spark,
    youtu,
    bloom,
    viking,
    tekken,
    gpt4o,
    tiny_aya,
    kimi_k2,
    super_bpe,
    bailing,
    seed_coder,
    ufakzeka,
    afmoe,
    exaone_moe,
    chameleon
};

/// What a pre-tokenizer's name in a GGUF file means.
struct named_split {
    std::string_view name;                ///< the value of tokenizer.ggml.pre
    word_split split = word_split::gpt2;  ///< where words end
    bool whole_words = false;             ///< a word that is a token is that token, whatever the merges
    bool adds_first = false;              ///< a text begins with the first token unless the file says otherwise
    bool composes = false;                ///< the text is put into normalization form C
};

/// The names that llama.cpp knows for byte-level vocabularies (llama-vocab.cpp in llama-cpp-python 0.3.36), but for
/// those that only other kinds of models use.
inline constexpr auto named_splits = std::to_array<named_split>({
    {"default", word_split::unnamed},
    {"llama3", word_split::llama3, true, true},
    {"llama-v3", word_split::llama3, true, true},
    {"llama-bpe", word_split::llama3, true, true},
    {"falcon3", word_split::llama3, true, true},
    {"falcon-h1", word_split::llama3, true, true},
    {"pixtral", word_split::llama3, true, true},
    {"midm-2.0", word_split::llama3, true, true},
    {"lfm2", word_split::llama3, true, true},
    {"jina-v5-nano", word_split::llama3, true, true},
    {"dbrx", word_split::llama3},
    {"smaug-bpe", word_split::llama3},
    {"chatglm-bpe", word_split::llama3},
    {"glm4", word_split::llama3, true},
    {"glm5", word_split::llama3, true},
    {"minicpm5", word_split::minicpm5, true},
    {"jais-2", word_split::jais2},
    {"qwen2", word_split::qwen2, false, false, true},
    {"deepseek-r1-qwen", word_split::qwen2},
    {"kormo", word_split::qwen2},
    {"f2llmv2", word_split::qwen2},
    {"megrez", word_split::qwen2},
    {"stablelm2", word_split::qwen2},
    {"hunyuan", word_split::qwen2},
    {"solar-open", word_split::qwen2},
    {"grok-2", word_split::qwen2},
    {"laguna", word_split::line_qwen2},
    {"qwen35", word_split::qwen35, false, false, true},
    {"ufakzeka", word_split::ufakzeka},
    {"deepseek-llm", word_split::deepseek_llm},
    {"deepseek-coder", word_split::deepseek_coder},
    {"deepseek-v3", word_split::deepseek_v3},
    {"hunyuan-dense", word_split::deepseek_v3},
    {"joyai-llm", word_split::deepseek_v3},
    {"hy_v4", word_split::deepseek_v3},
    {"spark2_5", word_split::spark},
    {"youtu", word_split::youtu, true},
    {"falcon", word_split::falcon},
    {"gpt-2", word_split::gpt2},
    {"phi-2", word_split::gpt2},
    {"mpt", word_split::gpt2},
    {"olmo", word_split::gpt2},
    {"jais", word_split::gpt2},
    {"trillion", word_split::gpt2},
    {"granite-docling", word_split::gpt2},
    {"gigachat", word_split::gpt2},
    {"a.x-4.0", word_split::gpt2},
    {"mellum", word_split::gpt2},
    {"exaone4", word_split::gpt2},
    {"modern-bert", word_split::gpt2},
    {"jina-es", word_split::gpt2},
    {"jina-de", word_split::gpt2},
    {"jina-v2-es", word_split::gpt2},
    {"jina-v2-de", word_split::gpt2},
    {"starcoder", word_split::digit_gpt2},
    {"refact", word_split::digit_gpt2},
    {"command-r", word_split::digit_gpt2},
    {"smollm", word_split::digit_gpt2},
    {"codeshell", word_split::digit_gpt2},
    {"exaone", word_split::digit_gpt2},
    {"minerva-7b", word_split::digit_gpt2},
    {"mellum2", word_split::digit_gpt2},
    {"exaone-moe", word_split::exaone_moe},
    {"poro-chat", word_split::bloom},
    {"bloom", word_split::bloom},
    {"gpt3-finnish", word_split::bloom},
    {"viking", word_split::viking},
    {"tekken", word_split::tekken, true, true},
    {"gpt-4o", word_split::gpt4o},
    {"llama4", word_split::gpt4o},
    {"kanana2", word_split::gpt4o},
    {"talkie", word_split::gpt4o},
    {"minimax-m2", word_split::gpt4o},
    {"tiny_aya", word_split::tiny_aya},
    {"cohere2moe", word_split::tiny_aya},
    {"kimi-k2", word_split::kimi_k2},
    {"superbpe", word_split::super_bpe},
    {"bailingmoe", word_split::bailing},
    {"bailingmoe2", word_split::bailing},
    {"llada-moe", word_split::bailing},
    {"seed-coder", word_split::seed_coder},
    {"afmoe", word_split::afmoe},
    {"chameleon", word_split::chameleon, false, true},
});

/// What `name` means, or null; a file without a name means "default".
constexpr const named_split* find_named_split(std::string_view name) {
    const auto* const found = std::ranges::find(named_splits, name.empty() ? "default" : name, &named_split::name);
    return found == named_splits.end() ? nullptr : found;
}

// Regular expressions of Oniguruma, as tokenizer.json has them. Where llama.cpp approximates what a released tokenizer
// says (it has no classes of capital letters), this is what the tokenizer says.

inline constexpr std::string_view english_endings = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
inline constexpr std::string_view blanks = R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
inline constexpr std::string_view gpt2_words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
inline constexpr std::string_view han_and_kana = R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)";
inline constexpr std::string_view han_and_hangul = R"([\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]+)";

/// Letters of the alphabets that have capitals.
inline constexpr std::string_view cased_letters =
    R"(A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF})"
    R"(\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1})"
    R"(\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5})"
    R"(\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77})"
    R"(\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D})"
    R"(\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE})"
    R"(\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC})"
    R"(\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124})"
    R"(\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E})"
    R"(\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D})"
    R"(\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF})"
    R"(\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F})"
    R"(\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF})"
    R"(\x{1E900}-\x{1E943})";

/// Endings, words with a sign before them, digits (how many together differs), signs, line ends, white space.
inline std::string plain_words(std::string_view digits, std::string_view endings = english_endings) {
    std::string pattern{endings};
    if (!endings.empty()) pattern += '|';
    return (pattern += R"([^\r\n\p{L}\p{N}]?\p{L}+|)")
        .append(digits)
        .append(R"(| ?[^\s\p{L}\p{N}]+[\r\n]*)")
        .append(blanks);
}

/// The same where a capital letter after a small one begins a word, and endings stay with it. `among` narrows letters,
/// `after_signs` is what may end a run of signs.
inline std::string cased_words(std::string_view digits, std::string_view endings, std::string_view among = "",
                               std::string_view after_signs = R"([\r\n/]*)") {
    const auto of = [&](const char* letters) {
        return among.empty() ? std::string{letters} : "(?:" + std::string{among} + letters + ")";
    };
    const std::string begin = R"([^\r\n\p{L}\p{N}]?)", upper = of(R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])"),
                      lower = of(R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])");
    const std::string end = endings.empty() ? "|" : std::string{endings} + "?|";
    return (begin + upper + "*" + lower + "+" + end + begin + upper + "+" + lower + "*" + end)
        .append(digits)
        .append(R"(| ?[^\s\p{L}\p{N}]+)")
        .append(after_signs)
        .append(blanks);
}

/// DeepSeek's: a sign before Latin letters belongs to them, marks are letters.
inline std::string marked_words() {
    return R"re([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+)re"
           R"(| ?[\p{P}\p{S}]+)";
}

/// The patterns that cut a text, one after another: each one's matches and what is between them are words.
inline std::vector<std::string> split_patterns(word_split split) {
    const std::string gpt2{gpt2_words}, endings{english_endings};
    switch (split) {
        case word_split::unnamed: return {R"([\p{P}\$\+<=>\^~\|]+)", gpt2, R"(\p{N}+)", "[0-9][0-9][0-9]"};
        case word_split::gpt2: return {gpt2};
        case word_split::digit_gpt2: return {R"(\p{N})", gpt2};
        case word_split::falcon: return {R"([\p{P}\$\+<=>\^~\|`]+)", gpt2, "[0-9][0-9][0-9]"};
        case word_split::llama3: return {plain_words(R"(\p{N}{1,3})")};
        case word_split::qwen2: return {plain_words(R"(\p{N})")};
        case word_split::qwen35:
            return {endings + R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*)" +
                    std::string{blanks}};
        case word_split::line_qwen2: return {R"([^\n]+|[\n]+)", plain_words(R"(\p{N})")};
        case word_split::minicpm5: return {R"(\p{N}{1,3})", plain_words(R"(\p{N}+)")};
        case word_split::jais2: {
            std::string pattern =
                endings + R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+)";
            for (int blanks_in_a_row = 512; blanks_in_a_row >= 4; blanks_in_a_row /= 2)
                pattern += R"(|\s{)" + std::to_string(blanks_in_a_row) + R"(}(?!\S))";
            return {pattern + R"(|\s{1,2}(?!\S)|\s{1})"};
        }
        case word_split::deepseek_llm:
            return {R"([\r\n])",
                    R"(\s?[)" + std::string{cased_letters} + "]+",
                    R"(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+)",
                    R"(\s+$)",
                    std::string{han_and_hangul},
                    R"(\p{N}+)"};
        case word_split::deepseek_coder:
            return {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", std::string{han_and_hangul}, R"(\p{N})"};
        case word_split::deepseek_v3:
            return {R"(\p{N}{1,3})", std::string{han_and_kana}, marked_words() + R"([\r\n]*)" + std::string{blanks}};
        case word_split::spark:
            return {R"(\p{N}{1,3})", std::string{han_and_kana}, marked_words() + R"(|[\r\n]|\s+(?!\S)|\s+)",
                    R"(\p{N})"};
        case word_split::youtu:
            return {R"([\x{AC00}-\x{D7A3}\x{3131}-\x{318E}]+)"
                    R"(|[\x{FF01}\x{2026}\x{201C}\x{201D}\x{2018}\x{2019}\x{2014}\x{FF1A}\x{FF1B}\x{FF0C})"
                    R"(\x{3001}-\x{303F}\x{FE30}-\x{FE4F}]+|[\x{3105}-\x{312F}]+|)" +
                        std::string{han_and_kana},
                    cased_words(R"(\p{N})", endings)};
        case word_split::bloom:
        case word_split::viking: {
            std::vector<std::string> patterns{
                R"re( ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{964}\x{6D4}\x{60C})]+)re"};
            if (split == word_split::viking) patterns.emplace_back(R"(\p{N})");
            return patterns;
        }
        case word_split::tekken: return {cased_words(R"(\p{N})", "")};
        case word_split::gpt4o: return {cased_words(R"(\p{N}{1,3})", endings)};
        case word_split::tiny_aya: return {R"(\d{1,3}(?=(?:\d{3})*\b))", cased_words(R"(\p{N}{1,3})", endings)};
        case word_split::kimi_k2:
            return {R"(\p{Han}+|)" + cased_words(R"(\p{N}{1,3})", endings, R"((?!\p{Han}))", R"([\r\n]*)")};
        case word_split::super_bpe: return {R"(\p{N}+)", R"re((?=(\d{3})+(?!\d)))re"};
        case word_split::bailing:
            return {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*)"
                    R"(|\s*[\r\n]|\s+(?!\S)|\s+)"};
        case word_split::seed_coder:
            return {endings + R"(|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+)" + std::string{blanks}};
        case word_split::ufakzeka: return {plain_words(R"(\p{N})", "")};
        case word_split::afmoe:
            return {R"(\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N})))",
                    R"([\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{8C48}-\x{FAFF}\x{3040}-\x{309F}\x{30A0}-\x{30FF})"
                    R"(\x{FF65}-\x{FF9F}\x{2F00}-\x{2FDF}\x{E40}-\x{E7F}\x{E80}-\x{EFF}\x{1780}-\x{17FF})"
                    R"(\x{1000}-\x{109F}\x{AA60}-\x{AA7F}\x{A9E0}-\x{A9FF}\x{AC00}-\x{D7AF}\x{1100}-\x{11FF}]+)",
                    marked_words() + R"([\r\n]*)" + std::string{blanks}};
        case word_split::exaone_moe:
            return {endings + R"re(|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+)re" +
                    R"re([\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)re"};
        case word_split::chameleon:
            return {"<sentinel:[0-9]+>",       "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z",
                    R"re(([\t\n]|    |  ))re", R"(\p{N})",
                    R"([\p{P}!-/:-@\[-`{-~])", gpt2};
    }
    return {gpt2};
}

}  // namespace detail

}  // namespace aha
