// The table of docs/verifiers.md: its verdicts are what the program says.
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <aha/reward/math/math_verifier.hpp>

namespace {

/// The cells of a line of a table, without the backquotes around them.
std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    for (std::size_t at = line.find('|'); at != std::string::npos;) {
        const std::size_t next = line.find('|', at + 1);
        if (next == std::string::npos) break;
        std::string cell = line.substr(at + 1, next - at - 1);
        cell = cell.substr(cell.find_first_not_of(' ') == std::string::npos ? cell.size() : cell.find_first_not_of(' '));
        while (cell.ends_with(' ')) cell.pop_back();
        if (cell.size() > 1 && cell.front() == '`' && cell.back() == '`') cell = cell.substr(1, cell.size() - 2);
        cells.push_back(cell);
        at = next;
    }
    return cells;
}

TEST(verifiers_page, says_what_equals_what) {
    std::ifstream page{std::string{AHA_TEST_DATA} + "/../docs/verifiers.md"};
    ASSERT_TRUE(page);
    const aha::math_verifier ours, theirs{aha::math_options::as_math_verify()};
    std::size_t rows = 0;
    for (std::string line; std::getline(page, line);) {
        const std::vector<std::string> cells = cells_of(line);
        if (cells.size() != 5 || (cells[3] != "equal" && cells[3] != "not")) continue;
        ++rows;
        EXPECT_EQ(ours(cells[1], cells[2]), cells[3] == "equal") << line;
        EXPECT_EQ(ours(cells[2], cells[1]), cells[3] == "equal") << "swapped: " << line;
        EXPECT_EQ(theirs(cells[1], cells[2]), cells[4].starts_with("equal")) << line;
        EXPECT_EQ(cells[4].ends_with("(!)"), cells[4].starts_with("equal") != (cells[3] == "equal")) << line;
    }
    EXPECT_GT(rows, 80U);
}

}  // namespace
