// The page of a run in a real browser: headless Chromium opens it from the disk, with no network, and what its script
// made of the data is read back. AHA_WORK is a folder to write in.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>
#include <string>

#include <aha/io/run_report.hpp>
#include <tests/support/command.hpp>
#include <tests/support/text_files.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::command_result;
using aha::test::run_command;
using aha::test::shell_word;
using aha::test::text_of;
using testing::HasSubstr;
using testing::Not;

const fs::path work = AHA_WORK;

/// The page of a made-up run of `steps` steps whose reward goes up to `height`.
fs::path written(const std::string& name, int steps, double height) {
    const fs::path folder = work / name;
    fs::remove_all(folder);
    aha::run_report report{folder, {.every_seconds = 3600, .token_text = [](aha::token_id id) {
                                        return id == 0 ? std::string{"<b>"} : " t" + std::to_string(id);
                                    }}};
    report.on_start({.total_steps = steps, .options = {{"learning_rate", 0.1}, {"prompts", "a & b"}}});
    for (int n = 1; n <= steps; ++n) {
        aha::rollout_group group;
        group.prompt.text = "What is <i>1 + 2</i>?";
        for (int i = 0; i < 3; ++i) {
            aha::completion c;
            for (int t = 0; t < 6; ++t) {
                c.ids.push_back((n + i + t) % 5);
                c.log_probs.push_back(-0.3F * static_cast<float>(t));
            }
            group.completions.push_back(c);
            group.scores.emplace_back(i == 0 ? 1.0 : 0.0);
            group.advantages.push_back(i == 0 ? 1.2 : -0.6);
        }
        aha::step_report step;
        step.step = n;
        step.metrics = {{"reward", height * n / steps},
                        {"entropy", 1.0 / n},
                        {"grad_norm", 0.5 + std::sin(n)},
                        {"kl", 0.01},
                        {"rewards/right/mean", 0.5},
                        {"completions/mean_length", 6},
                        {"seconds", n * 1.5},
                        {"time/rollout", 1.0 + n % 3},
                        {"loss", -0.01 * n}};
        step.groups = std::make_shared<const std::vector<aha::rollout_group>>(1, group);
        report.on_step(step);
    }
    report.on_end({.steps = steps});
    return folder / "report.html";
}

/// Chromium's arguments: nothing but the disk may be asked, errors of scripts are printed.
std::string chromium(const std::string& more, const fs::path& page) {
    return "chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir=" +
           shell_word((work / "profile").string()) +
           " --allow-file-access-from-files --host-resolver-rules='MAP * ~NOTFOUND' --enable-logging=stderr "
           "--virtual-time-budget=4000 " +
           more + " " + shell_word("file://" + page.string());
}

/// What the page is once its script and then `script` have run.
std::string opened(const fs::path& page, const std::string& script = "") {
    fs::path copy = page;
    if (!script.empty()) {
        copy = page.parent_path() / "with_a_script.html";
        std::string text = text_of(page);
        text.insert(text.rfind("</html>"), "<script>" + script + "</script>\n");
        std::ofstream{copy} << text;
    }
    const command_result shown = run_command(chromium("--dump-dom", copy));
    EXPECT_EQ(shown.status, 0) << "Debian's package chromium must be installed; tests/run does it\n" << shown.output;
    EXPECT_THAT(shown.output, Not(HasSubstr("Uncaught")));
    return shown.output;
}

int count(const std::string& text, const std::string& part) {
    int found = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
    return found;
}

TEST(report_in_a_browser, draws_a_curve_for_each_figure) {
    const std::string page = opened(written("one", 20, 1));
    EXPECT_EQ(count(page, "<svg "), 8);  // all but seconds
    EXPECT_EQ(count(page, "class=\"smooth\""), 8);
    EXPECT_THAT(page, HasSubstr("aria-label=\"reward, from 0.05 to 1\""));
    EXPECT_LT(page.find("data-metric=\"reward\""), page.find("data-metric=\"entropy\""));
}

TEST(report_in_a_browser, shows_what_was_said_with_the_probability_of_each_token) {
    const std::string page = opened(written("one", 20, 1));
    EXPECT_EQ(count(page, "<article>"), 3);
    EXPECT_THAT(page, HasSubstr("title=\"p = 0.7408, log p = -0.3\""));
    EXPECT_THAT(page, HasSubstr("What is &lt;i&gt;1 + 2&lt;/i&gt;?"));
    EXPECT_THAT(page, HasSubstr(">&lt;b&gt;</span>"));
    EXPECT_THAT(page, HasSubstr("<option value=\"16\">step 16</option>"));
    const std::string first = opened(work / "one/report.html",
                                     "const s = document.getElementById('step'); s.value = '1'; "
                                     "s.dispatchEvent(new Event('change'));");
    EXPECT_NE(first.substr(first.find("id=\"said\"")), page.substr(page.find("id=\"said\"")));
}

TEST(report_in_a_browser, tells_the_figure_under_the_pointer) {
    const std::string page = opened(
        written("one", 20, 1),
        "const svg = document.querySelector('[data-metric=reward]'), box = svg.getBoundingClientRect();"
        "svg.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + box.width / 2, bubbles: true}));");
    EXPECT_TRUE(std::regex_search(page, std::regex{"step (10|11): 0\\.5"}))
        << page.substr(page.find("id=\"main-chart\""), 400);
}

TEST(report_in_a_browser, lays_another_run_over_it) {
    const std::string other = text_of(written("other", 10, 0.5));
    const auto call = [&](const std::string& text, const std::string& name) {
        return "lay_over(" + aha::detail::escaped_script(nlohmann::json(text).dump()) + ", '" + name + "');";
    };
    const fs::path page = written("one", 20, 1);
    const std::string both = opened(page, call(other, "report.html"));
    EXPECT_EQ(count(both, "class=\"over\""), 8);
    EXPECT_THAT(both, HasSubstr("other: 10 steps"));
    const std::string lines =
        opened(page, call("{\"step\": 1, \"reward\": 0.1}\n{\"step\": 2, \"reward\": 0.2}\n", "m.jsonl"));
    EXPECT_EQ(count(lines, "class=\"over\""), 1);
    EXPECT_THAT(opened(page, call("no run", "x.txt")), HasSubstr("x.txt is neither a report.html nor a metrics.jsonl"));
}

TEST(report_in_a_browser, shows_options_machine_and_advice) {
    const std::string page = opened(written("one", 20, 1));
    EXPECT_THAT(page, HasSubstr("<td class=\"dim\">prompts</td><td>a &amp; b</td>"));
    EXPECT_THAT(page, HasSubstr("<td class=\"dim\">processor</td>"));
    EXPECT_THAT(page, HasSubstr("The reward went from"));
    EXPECT_THAT(page, HasSubstr("evaluate --model"));
}

TEST(report_in_a_browser, fits_a_phone) {
    // A frame of a phone's width, so that the style for narrow windows applies whatever the least window is; a path
    // without a place to break, for the page shows it.
    const fs::path phone = written(std::string(120, 'x'), 20, 1).parent_path() / "phone.html";
    std::ofstream{phone} << R"html(<title>not loaded</title><iframe src="report.html" width="390" height="844"></iframe>
<script>document.querySelector("iframe").addEventListener("load", event => {
    const page = event.target.contentDocument, width = page.documentElement.clientWidth;
    const wide = [...page.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > width + 1);
    document.title = page.documentElement.scrollWidth <= width ? "fits" : "wide: " + wide.map(e => e.outerHTML.slice(0, 80));
});</script>)html";
    const std::string page = opened(phone);
    EXPECT_THAT(page, HasSubstr("<title>fits</title>"));
    const fs::path report = written("one", 20, 1);
    for (const char* size : {"1440,1000", "390,1400"}) {
        const fs::path picture = work / ("report_" + std::string{size}.substr(0, std::string{size}.find(',')) + ".png");
        fs::remove(picture);
        run_command(chromium(
            "--hide-scrollbars --window-size=" + std::string{size} + " --screenshot=" + shell_word(picture.string()),
            report));
        EXPECT_TRUE(fs::exists(picture)) << picture;
    }
}

}  // namespace
