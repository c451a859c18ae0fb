// aha: a tokenizer lists the ids that end a completion; write: std::vector<aha::token_id> end_ids\(\) const;
#include <aha/concepts/tokenizer.hpp>

template <class Tokenizer>
struct sampler {
    static_assert(aha::require_tokenizer<Tokenizer>());
};

struct my_tokenizer {
    std::vector<aha::token_id> encode(std::string_view) const;
    std::string decode(std::span<const aha::token_id>) const;
#ifndef AHA_DEFECT
    std::vector<aha::token_id> end_ids() const;
#endif
    std::int64_t vocabulary_size() const;
};

sampler<my_tokenizer> s;
