// One side of `benchmarks/run tokenize`: the tokenizer of a GGUF file, on one thread. With --write it is written as
// tokenizer.json for the peer; with --text the lines of a JSON file, one text each, are encoded and timed.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/pretrained/gguf_text.hpp>
#include <aha/pretrained/tokenizer_from_gguf.hpp>
#include <aha/text/tokenizer_json.hpp>

namespace {

/// Seconds of the processor: there is one thread, and another program beside it does not count.
double seconds_of(const auto& work) {
    const std::clock_t start = std::clock();
    work();
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Tokenizes texts with the tokenizer of a GGUF file"};
    std::string model, tokenizer, text, ids;
    bool write = false;
    app.add_option("--model", model, "a GGUF file")->required();
    app.add_option("--tokenizer", tokenizer, "a tokenizer.json: written with --write, else read")->required();
    app.add_flag("--write", write, "write the tokenizer and end");
    app.add_option("--text", text, "JSON lines, a string each");
    app.add_option("--ids", ids, "where the ids go, 4 bytes each");
    CLI11_PARSE(app, count, arguments);
    try {
        if (write) {
            std::ofstream{tokenizer} << aha::tokenizer_json(aha::read_gguf_text(aha::gguf_file{model})).dump();
            return 0;
        }
        std::vector<std::string> texts;
        std::ifstream lines{text};
        for (std::string line; std::getline(lines, line);) texts.push_back(nlohmann::json::parse(line));
        std::vector<std::vector<aha::token_id>> encoded(texts.size());
        std::size_t bytes = 0, tokens = 0;
        nlohmann::ordered_json figures;
        figures["load_gguf_s"] = seconds_of([&] {
            const aha::gguf_text read = aha::read_gguf_text(aha::gguf_file{model});
            aha::make_tokenizer(aha::tokenizer_json(read), {.end_ids = read.end_ids, .bos = read.bos});
        });
        std::vector<aha::bpe_tokenizer> made;
        figures["load_json_s"] = seconds_of([&] { made.push_back(aha::load_tokenizer_json(tokenizer)); });
        figures["encode_s"] = seconds_of([&] {
            for (std::size_t i = 0; i < texts.size(); ++i) encoded[i] = made[0].encode(texts[i]);
        });
        std::size_t spans = 0;
        figures["encode_with_spans_s"] = seconds_of([&] {
            for (const std::string& one : texts) spans += made[0].encode_with_spans(one).spans.size();
        });
        std::ofstream out{ids, std::ios::binary};
        for (std::size_t i = 0; i < texts.size(); ++i) {
            bytes += texts[i].size(), tokens += encoded[i].size();
            const std::vector<std::int32_t> narrow(encoded[i].begin(), encoded[i].end());
            out.write(reinterpret_cast<const char*>(narrow.data()), static_cast<std::streamsize>(narrow.size() * 4));
        }
        figures["bytes"] = bytes, figures["tokens"] = tokens;
        std::cout << figures.dump() << std::endl;
        return spans == tokens ? 0 : 1;
    } catch (const std::exception& wrong) {
        std::cerr << "error: " << wrong.what() << "\n";
        return 1;
    }
}
