// The time to load a model: benchmarks/run load [--model PATH] [--rounds N] prints one JSON line with the seconds of
// the clock and of the processor that each load took, the first with whatever the process does only once.
#include <CLI/CLI.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <chrono>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include <examples/support/program.hpp>

int main(int count, char** arguments) {
    CLI::App app{"Times loading a model"};
    std::string model = "smollm2";
    int rounds = 5;
    example::machine_options machine;
    app.add_option("--model", model, "Hugging Face folder, GGUF file, or smollm2")->capture_default_str();
    app.add_option("--rounds", rounds, "loads in this process")->check(CLI::PositiveNumber)->capture_default_str();
    machine.add_to(app);
    return example::run(app, count, arguments, [&] {
        return example::with_tensors(machine, [&]<class Tensor>() {
            nlohmann::ordered_json figures{{"model", model}};
            for (int round = 0; round < rounds; ++round) {
                const auto start = std::chrono::steady_clock::now();
                const std::clock_t used = std::clock();
                const auto loaded = aha::load_decoder<Tensor>(model);
                figures["seconds"].push_back(
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
                figures["processor_seconds"].push_back(static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC);
            }
            std::cout << figures.dump() << std::endl;
            return 0;
        });
    });
}
