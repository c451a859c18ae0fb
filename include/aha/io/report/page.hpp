#pragma once

#include <string>
#include <string_view>

#include <aha/io/report/page_script.hpp>
#include <aha/io/report/page_style.hpp>

namespace aha::detail {

/// The text between HTML's tags and quotes.
inline std::string escaped_html(std::string_view text) {
    std::string escaped;
    for (const char c : text) switch (c) {
            case '&': escaped += "&amp;"; break;
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            case '"': escaped += "&quot;"; break;
            default: escaped += c;
        }
    return escaped;
}

/// JSON as it may stand inside a script element: no text of it can end the element or begin a comment.
inline std::string escaped_script(std::string json) {
    for (std::size_t at = 0; (at = json.find('<', at)) != std::string::npos; at += 6) json.replace(at, 1, "\\u003c");
    return json;
}

/// The lines before and after a report's data.
inline constexpr std::string_view report_data_begin = "<script type=\"application/json\" id=\"aha-run\">\n";
inline constexpr std::string_view report_data_end = "\n</script>\n";

/// A whole page: everything it needs is in it.
inline std::string report_page(const std::string& name, const std::string& state, const std::string& json) {
    std::string page =
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
    page += escaped_html(name) + "</title>\n<style>";
    page += report_style;
    page += "</style>\n<header><h1>" + escaped_html(name) + "</h1><span class=\"dim\">" + escaped_html(state);
    page += R"html(</span></header>
<main>
<div class="top">
<section class="card" aria-labelledby="learning"><h2 id="learning">Is it learning?</h2><div id="main-chart"></div>
<ul class="advice small" id="advice"></ul></section>
<section class="card" aria-labelledby="talk"><div class="tools"><h2 id="talk" style="margin:0">What did it say?</h2>
<label>at <select id="step"></select></label><span class="small dim">a token's tint is its probability: point at it</span></div>
<div class="said" id="said" tabindex="0"></div></section>
</div>
<section aria-label="All figures"><div class="tools" style="margin-top:14px">
<label><input type="checkbox" id="log"> logarithmic where it helps</label>
<label>lay another run over this one: <input type="file" id="other" accept=".html,.jsonl"></label>
<span id="other-key" hidden><span class="key" style="background:var(--run)"></span>this run
<span class="key" style="background:var(--other);margin-left:10px"></span>the other</span><span class="small" id="other-note"></span></div>
<div class="charts" id="charts"></div></section>
<div class="bottom"><section class="card"><h2>Options</h2><table id="options"></table></section>
<section class="card"><h2>Machine</h2><table id="machine"></table></section></div>
</main>
)html";
    page += report_data_begin;
    page += escaped_script(json);
    page += report_data_end;
    page += "<script>";
    page += report_script;
    page += "</script>\n</html>\n";
    return page;
}

}  // namespace aha::detail
