#pragma once

#include <string>
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

namespace aha::detail {

/// What a run's report does: draws curves, shows completions, lays another run over it. It asks no network for
/// anything.
inline constexpr std::string_view report_script = R"js(
"use strict";
const make = (name, attributes = {}, ...children) => {
  const svg = ["svg", "path", "line", "circle", "text", "g", "rect"].includes(name);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const short = x => x === null || x === undefined || !Number.isFinite(x) ? "–"
  : Math.abs(x) >= 1e5 || (x !== 0 && Math.abs(x) < 1e-3) ? x.toExponential(2) : String(+x.toPrecision(4));
const run = JSON.parse(document.getElementById("aha-run").textContent);
let other = null;

// A metric's values by step: [[step, value], ...].
const series = (from, name) => from.steps.filter(s => Number.isFinite(s[name])).map(s => [s.step, s[name]]);
const smoothed = points => {
  const width = Math.max(1, Math.round(points.length / 20));
  return points.map(([step], i) => {
    const part = points.slice(Math.max(0, i - width), i + width + 1);
    return [step, part.reduce((sum, p) => sum + p[1], 0) / part.length];
  });
};

const chart = (name, width, height) => {
  const own = series(run, name), theirs = other ? series(other, name) : [];
  const all = own.concat(theirs);
  if (all.length === 0) return null;
  const left = 44, right = 8, top = 8, bottom = 18;
  const steps = all.map(p => p[0]), values = all.map(p => p[1]);
  let x0 = Math.min(...steps), x1 = Math.max(...steps), y0 = Math.min(...values), y1 = Math.max(...values);
  const log = document.getElementById("log").checked && y0 > 0 && y1 / y0 > 20;
  if (log) { y0 = Math.log10(y0); y1 = Math.log10(y1); }
  if (x0 === x1) { x0 -= 1; x1 += 1; }
  if (y0 === y1) { y0 -= Math.abs(y0) / 2 || .5; y1 += Math.abs(y1) / 2 || .5; }
  const x = step => left + (step - x0) / (x1 - x0) * (width - left - right);
  const y = value => top + (1 - ((log ? Math.log10(value) : value) - y0) / (y1 - y0)) * (height - top - bottom);
  const path = points => points.map((p, i) => (i ? "L" : "M") + x(p[0]).toFixed(1) + " " + y(p[1]).toFixed(1)).join("");
  const svg = make("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0", "data-metric": name,
    "aria-label": `${name}, from ${short(own.length ? own[0][1] : NaN)} to ${short(own.length ? own[own.length - 1][1] : NaN)}`});
  for (let i = 0; i <= 3; ++i) {
    const value = y0 + (y1 - y0) * i / 3, at = top + (1 - i / 3) * (height - top - bottom);
    svg.append(make("line", {class: "grid", x1: left, x2: width - right, y1: at, y2: at}),
      make("text", {x: left - 6, y: at + 3, "text-anchor": "end"}, String(+(log ? 10 ** value : value).toPrecision(3))));
  }
  svg.append(make("text", {x: left, y: height - 4}, "step " + Math.ceil(x0)),
    make("text", {x: width - right, y: height - 4, "text-anchor": "end"}, String(Math.floor(x1))));
  svg.append(make("path", {class: "raw", d: path(own)}), make("path", {class: "smooth", d: path(smoothed(own))}));
  if (theirs.length) svg.append(make("path", {class: "over", d: path(smoothed(theirs))}));
  const cursor = make("line", {class: "cursor", y1: top, y2: height - bottom, visibility: "hidden"});
  const dot = make("circle", {class: "dot", r: 3.5, visibility: "hidden"});
  svg.append(cursor, dot);
  const output = make("output", {});
  const last = own.length - 1;
  const show = i => {
    const p = own[Math.max(0, Math.min(last, i))];
    if (!p) return;
    const beside = theirs.find(t => t[0] === p[0]);
    output.textContent = `step ${p[0]}: ${short(p[1])}` + (beside ? ` (other ${short(beside[1])})` : "");
    cursor.setAttribute("x1", x(p[0])); cursor.setAttribute("x2", x(p[0]));
    dot.setAttribute("cx", x(p[0])); dot.setAttribute("cy", y(p[1]));
    for (const node of [cursor, dot]) node.setAttribute("visibility", "visible");
    svg.dataset.at = i;
  };
  const hide = () => {
    output.textContent = last >= 0 ? short(own[last][1]) : "";
    for (const node of [cursor, dot]) node.setAttribute("visibility", "hidden");
  };
  svg.addEventListener("pointermove", event => {
    const box = svg.getBoundingClientRect(), at = (event.clientX - box.left) / box.width * width;
    let best = 0;
    own.forEach((p, i) => { if (Math.abs(x(p[0]) - at) < Math.abs(x(own[best][0]) - at)) best = i; });
    show(best);
  });
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("keydown", event => {
    const at = Number(svg.dataset.at ?? last);
    if (event.key === "ArrowLeft") show(at - 1); else if (event.key === "ArrowRight") show(at + 1); else return;
    svg.dataset.at = Math.max(0, Math.min(last, Number(svg.dataset.at)));
    event.preventDefault();
  });
  hide();
  return make("figure", {}, make("figcaption", {}, make("span", {}, name), output), svg);
};

const first = ["reward", "loss", "accuracy"];
const order = ["reward", "rewards/", "accuracy", "completions/", "entropy", "policy_entropy", "kl", "clip_ratio", "loss", "grad_norm",
  "learning_rate", "frac_reward_zero_std", "reward_std", "sampler_gap", "time/", "step_time"];
const draw = () => {
  const names = [];
  for (const from of other ? [run, other] : [run])
    for (const step of from.steps) for (const name of Object.keys(step))
      if (!["step", "seconds"].includes(name) && !names.includes(name)) names.push(name);
  const rank = name => { const at = order.findIndex(o => name.startsWith(o)); return at < 0 ? order.length : at; };
  names.sort((a, b) => rank(a) - rank(b));
  const main = first.find(name => names.includes(name)) ?? names[0];
  const large = document.getElementById("main-chart"), small = document.getElementById("charts");
  const wide = Math.max(300, large.clientWidth || 640);
  large.replaceChildren(...[main ? chart(main, wide, wide < 500 ? 230 : 300) : null].filter(Boolean));
  small.replaceChildren(...names.filter(name => name !== main).map(name => chart(name, 320, 150)).filter(Boolean)
    .map(figure => make("div", {class: "card"}, figure)));
};

const color = log_prob => `hsl(${(Math.exp(log_prob) * 130).toFixed(0)} 70% 50% / ${(.12 + .5 * (1 - Math.exp(log_prob))).toFixed(2)})`;
const article = said => {
  const text = make("p", {});
  if (said.tokens) said.tokens.forEach((token, i) => {
    const p = Math.exp(said.log_probs[i]);
    text.append(make("span", {class: "token", style: `background:${color(said.log_probs[i])}`,
      title: `p = ${short(p)}, log p = ${short(said.log_probs[i])}`}, token));
  });
  else text.append(said.text);
  const kind = said.advantage > 0 ? "reward up" : said.advantage < 0 ? "reward down" : "reward";
  const parts = Object.entries(said.rewards ?? {}).map(([name, value]) => `${name} ${short(value)}`).join(", ");
  const note = make("div", {class: "small dim"}, make("span", {class: kind}, `reward ${short(said.reward)}`),
    `${parts ? " (" + parts + ")" : ""}, advantage ${short(said.advantage)}, ${said.finish}`);
  return make("article", {}, note, text);
};
const talk = () => {
  const chosen = document.getElementById("step"), box = document.getElementById("said");
  const one = run.samples.find(s => String(s.step) === chosen.value);
  box.replaceChildren();
  if (!one) { box.append(make("p", {class: "dim"}, "This run says nothing: it learns from given texts.")); return; }
  for (const group of one.groups) {
    box.append(make("p", {class: "dim"}, group.prompt));
    for (const said of group.completions) box.append(article(said));
  }
};

const rows = (id, values) => {
  const table = document.getElementById(id);
  for (const [name, value] of Object.entries(values))
    table.append(make("tr", {}, make("td", {class: "dim"}, name), make("td", {}, typeof value === "string" ? value : JSON.stringify(value))));
};

// Another run: the report.html or the metrics.jsonl of its folder.
const read_run = text => {
  const inside = text.match(/<script type="application\/json" id="aha-run">\n([\s\S]*?)\n<\/script>/);
  if (inside) return JSON.parse(inside[1]);
  const steps = text.trim().split("\n").map(line => JSON.parse(line));
  if (!steps.every(s => Number.isInteger(s.step))) throw new Error("no steps");
  return {name: "metrics.jsonl", steps, samples: []};
};
const lay_over = (text, name) => {
  const note = document.getElementById("other-note");
  try {
    other = read_run(text);
    note.textContent = `${other.name && other.name !== "metrics.jsonl" ? other.name : name}: ${other.steps.length} steps`;
    document.getElementById("other-key").hidden = false;
  } catch (problem) {
    other = null;
    note.textContent = `${name} is neither a report.html nor a metrics.jsonl of a run`;
    document.getElementById("other-key").hidden = true;
  }
  draw();
};
const take = file => file && file.text().then(text => lay_over(text, file.name));
document.getElementById("other").addEventListener("change", event => take(event.target.files[0]));
addEventListener("dragover", event => event.preventDefault());
addEventListener("drop", event => { event.preventDefault(); take(event.dataTransfer.files[0]); });

const chosen = document.getElementById("step");
for (const one of run.samples) chosen.append(make("option", {value: one.step}, `step ${one.step}`));
if (run.samples.length) chosen.value = run.samples[run.samples.length - 1].step;
chosen.addEventListener("change", talk);
document.getElementById("log").addEventListener("change", draw);
addEventListener("resize", draw);
for (const line of run.advice) document.getElementById("advice").append(make("li", {}, line));
rows("options", run.options);
rows("machine", run.machine);
draw();
talk();
)js";

}  // namespace aha::detail

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
<section aria-label="All metrics"><div class="tools" style="margin-top:14px">
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
