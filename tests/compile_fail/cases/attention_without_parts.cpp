// aha: an attention says which tensors of a model folder make up its parameters; write: static std::vector<aha::weight_part> parts\(const aha::decoder_config& config, const std::string& layer\);
#include <aha/model/decoder.hpp>

template <class Tensor>
struct my_attention {
    using cache = aha::key_value_cache;
    my_attention(const aha::decoder_config&, const aha::weight_store<Tensor>&, std::size_t) {}
    static std::vector<aha::parameters::slot> slots(const aha::decoder_config&, const std::string&) { return {}; }
#ifndef AHA_DEFECT
    static std::vector<aha::weight_part> parts(const aha::decoder_config&, const std::string&) { return {}; }
#endif
    at::Tensor forward(const at::Tensor& x, const aha::packed_trees&, const aha::rotary_table&) const { return x; }
    at::Tensor prefill(const at::Tensor& x, const aha::packed_prompts&, const aha::rotary_table&, cache&) const {
        return x;
    }
    void reserve(cache&, std::int64_t, std::int64_t) const {}
    at::Tensor decode(const at::Tensor& x, const aha::decode_batch&, const aha::rotary_table&, cache&) const {
        return x;
    }
};

aha::decoder<aha::cpu<float>, my_attention> t{aha::decoder_config{}};
