#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include <aha/io/teacher_cache_writer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/model/pack.hpp>

namespace aha {

AHA_INLINE teacher_cache_writer::teacher_cache_writer(const std::filesystem::path& path, teacher_cache_options options)
    : options_{checked(options)}, file_{path} {
    file_.write(detail::teacher_cache_begin);
}

AHA_INLINE void teacher_cache_writer::add(const supervised_example& example, const top_k_rows& rows) {
    const std::int64_t n = num_loss_tokens(example), k = options_.k;
    require(rows.ids.sizes() == at::IntArrayRef({n, k}) && rows.log_probs.sizes() == at::IntArrayRef({n, k}) &&
                rows.tail.sizes() == at::IntArrayRef({n}),
            "example ", entries_.size(), " has ", n, " loss tokens, for which ", n, " rows of ", k,
            " ids, as many log-probs and a tail are needed, not ", rows.ids.sizes(), ", ", rows.log_probs.sizes(),
            " and ", rows.tail.sizes());
    const at::Tensor ids = rows.ids.detach().to(at::kCPU, at::kInt).contiguous();
    for (std::int64_t i = 0; i < ids.numel(); ++i) {
        const std::int32_t id = ids.const_data_ptr<std::int32_t>()[i];
        require(id >= 0 && id < options_.vocabulary, "the teacher's token ", id, " for example ", entries_.size(),
                " is none of the ", options_.vocabulary, " of its vocabulary");
    }
    detail::teacher_cache_entry entry{file_.size(), detail::fingerprint_of(example), static_cast<std::uint32_t>(n), 0};
    for (const at::Tensor& part : {ids, rows.log_probs.detach().to(at::kCPU, at::kFloat).contiguous(),
                                   rows.tail.detach().to(at::kCPU, at::kFloat).contiguous()}) {
        const std::span bytes{static_cast<const std::byte*>(part.const_data_ptr()), part.nbytes()};
        entry.checksum = crc32c(bytes, entry.checksum);
        file_.write(bytes);
    }
    entries_.push_back(entry);
}

AHA_INLINE void teacher_cache_writer::finish() {
    const std::uint64_t offset = file_.size();
    const nlohmann::json index{{"k", options_.k},
                               {"temperature", options_.temperature},
                               {"vocabulary", options_.vocabulary},
                               {"padding", options_.padding},
                               {"examples", entries_.size()}};
    const std::string text = index.dump();
    const auto entries = std::as_bytes(std::span{entries_});
    file_.write(entries);
    file_.write(text + detail::bytes_of_number(offset) + detail::bytes_of_number<std::uint64_t>(text.size()) +
                detail::bytes_of_number(crc32c(text, crc32c(entries))) + std::string{detail::teacher_cache_end});
    file_.commit();
}

AHA_INLINE const teacher_cache_options& teacher_cache_writer::checked(const teacher_cache_options& options) {
    options.validate();
    return options;
}

}  // namespace aha
