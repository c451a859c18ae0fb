#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/core/state.hpp>
#include <aha/data/jsonl_reader.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha {

/// Which part of a row is the question, and in what order the rows come.
struct jsonl_prompts_options {
    std::string field = "prompt";  ///< what the model reads, if there is no `render`
    bool shuffle = true;           ///< a new order each epoch; false: the file's
    std::uint64_t seed = 0;        ///< of the order
    std::int64_t epochs = 0;       ///< times through the file; 0: for ever
    /// What the model reads, made of a row: a template filled in, a conversation rendered. Empty: the row's `field`.
    std::function<std::string(const json& row)> render{};

    void validate() const {
        require(!field.empty() || render, "field must name the part of a row that is the question, but is empty");
        require(epochs >= 0, "epochs must be 0 (for ever) or more, not ", epochs);
    }
};

/// The questions in a file of JSON lines, a prompt source: `prompt::fields` is the whole row, for rewards to compare
/// with. The file is read and checked once, when the source is made; rows are rendered when they are asked.
class jsonl_prompts {
public:
    /// Reads `path`. Throws `aha::error`, "FILE:LINE: ..." if a line is at fault.
    jsonl_prompts(const std::filesystem::path& path, jsonl_prompts_options options)
        : jsonl_prompts{read(path, options), path, options} {}
    /// Opens the file; throws `aha::error` if it cannot be read.
    explicit jsonl_prompts(const std::filesystem::path& path) : jsonl_prompts{path, jsonl_prompts_options{}} {}

    /// The next question, or nothing after the last epoch.
    std::optional<prompt> next() {
        const auto place = order_.next();
        if (!place) return std::nullopt;
        const jsonl_reader::row& row = rows_[place->row];
        prompt question;
        question.index = place->index;
        question.fields = row.fields;
        question.text = render_ ? rendered(row) : row.fields.at(field_).get<std::string>();
        return question;
    }

    state save() const { return order_.save(); }

    /// Goes back to a saved place. Throws `aha::error` if that is a place in another file.
    void load(const state& saved) { order_.load(saved); }

    std::size_t size() const { return rows_.size(); }  ///< rows in the file

private:
    using rows = std::vector<jsonl_reader::row>;

    /// Opens the file; throws `aha::error` if it cannot be read.
    jsonl_prompts(rows read, const std::filesystem::path& path, const jsonl_prompts_options& options)
        : rows_{std::move(read)},
          field_{options.field},
          render_{options.render},
          order_{path.string(), rows_.size(), checksum(rows_), {options.shuffle, options.seed, options.epochs}} {}

    static rows read(const std::filesystem::path& path, const jsonl_prompts_options& options) {
        options.validate();
        rows all;
        jsonl_reader reader{path};
        while (std::optional<jsonl_reader::row> row = reader.next()) {
            if (!options.render) check_text(*row, options.field, reader.where());
            all.push_back(std::move(*row));
        }
        return all;
    }

    static void check_text(const jsonl_reader::row& row, const std::string& field, const std::string& where) {
        const auto found = row.fields.find(field);
        if (found == row.fields.end()) {
            std::string there;
            for (const auto& [key, value] : row.fields.items()) there += (there.empty() ? "" : ", ") + json(key).dump();
            fail(where, ": no field \"", field, "\" in the row, which has ", there.empty() ? "none" : there);
        }
        require(!found->is_array(), where, ": \"", field,
                "\" is a list of messages, which needs a chat template to become one text: give a render function");
        require(found->is_string(), where, ": \"", field, "\" is not a text but ", found->type_name());
        require(!found->get_ref<const std::string&>().empty(), where, ": \"", field, "\" is empty");
    }

    static std::uint64_t checksum(const rows& all) {
        detail::fingerprint sum;
        for (const jsonl_reader::row& row : all) sum.add(row.fields.dump());
        return sum.value();
    }

    std::string rendered(const jsonl_reader::row& row) const {
        try {
            return render_(row.fields);
        } catch (const error& wrong) {
            fail(order_.whose(), ":", row.line, ": ", wrong.what());
        }
    }

    rows rows_;
    std::string field_;
    std::function<std::string(const json&)> render_;
    detail::shuffled_order order_;
};

}  // namespace aha
