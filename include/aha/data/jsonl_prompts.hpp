#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/core/state_values.hpp>
#include <aha/data/jsonl_index.hpp>
#include <aha/data/jsonl_reader.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha {

/// Which part of a row is the question, and in what order the rows come.
struct jsonl_prompts_options {
    std::string field = "prompt";  ///< what the model reads, if there is no `render`: a text, or a list of messages, of
                                   ///< which the trainer makes a text with the model's chat template
    bool shuffle = true;           ///< a new order each epoch; false: the file's
    std::uint64_t seed = 0;        ///< of the order
    std::int64_t epochs = 0;       ///< times through the file; 0: for ever
    /// What the model reads, made of a row: a template filled in, a conversation rendered. Empty: the row's `field`.
    /// Gives a text, or a `prompt_text` that says that a chat template wrote it (`prompt_renderer` is one). What it
    /// throws ends the run with "FILE:LINE: " before the message; of the first row when the file is opened, of the
    /// others when a trainer is made with a tokenizer, else when their turn comes.
    std::function<prompt_text(const json& row)> render{};
    /// Has a say on every prompt when the file is opened: returns it, as it is or cut, or nothing to drop its row, or
    /// throws `aha::error` to refuse the file; "FILE:LINE: " is put before the message. It is asked again when the
    /// prompt's turn comes, and must answer the same. `index` is not yet set when the file is opened.
    std::function<std::optional<prompt>(prompt asked)> admit{};
    jsonl_reader_options limits{};  ///< of a row

    void validate() const;
};

/// The questions in JSON lines, a prompt source: `prompt::fields` is the whole row, for rewards to compare with. Takes
/// what `jsonl_reader` does: a file, packed or not, a folder of shards, a pattern.
///
/// The file is read and checked once, when the source is made, and its rows' text is kept; they are parsed and rendered
/// when they are asked. Copies share the text.
class jsonl_prompts {
public:
    /// Reads `path`. Throws `aha::error`, "FILE:LINE: ..." if a line is at fault.
    jsonl_prompts(const std::filesystem::path& path, const jsonl_prompts_options& options)
        : options_{checked(options)},
          rows_{indexed(path, options)},
          order_{path.string(), rows_->size(), rows_->checksum(), {options.shuffle, options.seed, options.epochs}} {}
    /// Opens the file; throws `aha::error` if it cannot be read.
    explicit jsonl_prompts(const std::filesystem::path& path) : jsonl_prompts{path, jsonl_prompts_options{}} {}

    /// The next question, or nothing after the last epoch.
    std::optional<prompt> next();

    state_values save() const { return order_.save(); }

    /// Goes back to a saved place. Throws `aha::error` if that is a place in another file, or other rows were admitted.
    void load(const state_values& saved) { order_.load(saved); }

    /// Asks `admits`, with "FILE:LINE: ", about every prompt, and leaves out those for which it is false: for whoever
    /// knows the tokenizer, before the first prompt is asked. Gives how many were left out.
    std::int64_t screen(const std::function<bool(const prompt& asked, const std::string& where)>& admits);

    std::size_t size() const { return rows_->size(); }        ///< rows of the file that are given
    std::size_t dropped() const { return rows_->dropped(); }  ///< rows that were not admitted

private:
    static const jsonl_prompts_options& checked(const jsonl_prompts_options& options);

    /// What `made` gives; its errors begin with the place.
    /// @param whose what a message calls the function
    template <class Make>
    static auto at(const std::string& where, const char* whose, const Make& made) {
        try {
            return made();
        } catch (const error& wrong) {
            fail(where, ": ", wrong.what());
        } catch (const std::exception& wrong) {  // of the user's function: a key that the row has not, mostly
            fail(where, ": ", whose, " threw: ", wrong.what());
        }
    }

    /// What a row asks.
    static prompt asked(const jsonl_prompts_options& options, json fields, const std::string& where);

    static std::optional<prompt> admitted(const jsonl_prompts_options& options, prompt question,
                                          const std::string& where);

    static std::shared_ptr<const detail::jsonl_index> indexed(const std::filesystem::path& path,
                                                              const jsonl_prompts_options& options);

    /// Throws unless the field is a text, or a list of messages.
    static void check_text(const json& row, const std::string& field, const std::string& where);

    jsonl_prompts_options options_;
    std::shared_ptr<const detail::jsonl_index> rows_;
    detail::shuffled_order order_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/data/jsonl_prompts.ipp>
#endif
