#pragma once

#include <string_view>

namespace aha::detail {

/// How a run's report looks. No font, picture or style comes from elsewhere.
inline constexpr std::string_view report_style = R"css(
:root { color-scheme: light dark; --ink: #1c2733; --dim: #5c6b7a; --line: #d9e0e7; --paper: #ffffff; --back: #f4f6f8;
        --run: #1f5fa8; --other: #c05621; --good: #2f855a; --warn: #b7791f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4eaf0; --dim: #9aa8b6; --line: #33404d; --paper: #1b232c; --back: #131920; --run: #7db3f0;
          --other: #f0a06b; --good: #68d391; --warn: #f6c453; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
header, main { max-width: 1500px; margin: 0 auto; padding: 0 18px; }
header { padding-top: 14px; display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: baseline; }
h1 { font-size: 21px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 0 0 8px; }
.dim { color: var(--dim); } .small { font-size: 13px; }
.top { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 14px; margin-top: 12px; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; min-width: 0; }
.advice { margin: 0; padding-left: 20px; overflow-wrap: anywhere; } .advice li { margin: 2px 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 14px; margin: 14px 0; }
figure { margin: 0; } figcaption { display: flex; justify-content: space-between; gap: 8px; font-size: 13px; }
figcaption output { color: var(--run); font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { width: 100%; height: auto; display: block; overflow: visible; touch-action: pan-y; }
svg text { fill: var(--dim); font-size: 10px; }
.grid { stroke: var(--line); stroke-width: 1; } .raw { fill: none; stroke: var(--run); opacity: .3; }
.smooth { fill: none; stroke: var(--run); stroke-width: 2; } .over { fill: none; stroke: var(--other); stroke-width: 2; }
.cursor { stroke: var(--dim); stroke-dasharray: 3 3; } .dot { fill: var(--run); }
.said { max-height: 430px; overflow: auto; }
.said article { border-top: 1px solid var(--line); padding: 8px 0; } .said article:first-child { border: 0; }
.said p { margin: 2px 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.6 ui-monospace, Menlo, Consolas, monospace; }
.token { border-radius: 3px; padding: 1px 0; }
.reward { font-weight: 600; } .reward.up { color: var(--good); } .reward.down { color: var(--warn); }
label, select, button, input { font: inherit; font-size: 13px; color: inherit; }
select, button { background: var(--back); border: 1px solid var(--line); border-radius: 6px; padding: 2px 8px; }
:focus-visible { outline: 2px solid var(--run); outline-offset: 1px; }
table { border-collapse: collapse; font-size: 13px; } td { padding: 2px 14px 2px 0; vertical-align: top; overflow-wrap: anywhere; }
.tools { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin: 0 0 8px; }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 5px; vertical-align: -1px; }
.bottom { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 14px; margin-bottom: 24px; }
@media (max-width: 900px) { .top { grid-template-columns: minmax(0, 1fr); } header, main { padding: 0 10px; } header { padding-top: 10px; } }
)css";

}  // namespace aha::detail
