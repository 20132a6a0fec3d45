// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace o2lab {

inline constexpr char html_style[] = R"css(
:root { color-scheme: light dark;
  --page: #fbfbfa; --card: #fff; --text: #1d2125; --soft: #5b646d; --line: #dfe3e6; --code: #f2f4f5; --link: #0b5cad;
  --bad: #b3261e; --bad-soft: #fbeae8; --good: #1a7439; --good-soft: #e5f3e9; --skip: #6b5d00; --skip-soft: #f6f0d4;
  --fault: #b45f06; --info: #3b6ea5; }
@media (prefers-color-scheme: dark) { :root {
  --page: #15181b; --card: #1c2024; --text: #e3e6e8; --soft: #9aa5af; --line: #343b41; --code: #14171a; --link: #7db7f2;
  --bad: #ff8a80; --bad-soft: #40211f; --good: #71c98d; --good-soft: #1b3323; --skip: #d9c45c; --skip-soft: #35301a;
  --fault: #f0a55b; --info: #86b6e8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 24px 64px; max-width: 1120px; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
h1 { margin: 0; font-size: 26px; line-height: 1.25; } h2 { margin: 36px 0 10px; font-size: 18px; }
h3 { margin: 20px 0 6px; font-size: 14px; color: var(--soft); font-weight: 600; }
p { margin: 6px 0; } .soft { color: var(--soft); } .num { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
pre, code { font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { margin: 0; padding: 10px 12px; background: var(--code); border: 1px solid var(--line); border-radius: 6px;
  overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 8; }
pre.kernel { white-space: pre; max-height: 26em; overflow: auto; }
header { padding: 18px 22px; background: var(--card); border: 1px solid var(--line); border-left: 6px solid var(--skip); border-radius: 8px; }
header.fail { border-left-color: var(--bad); } header.fail h1 { color: var(--bad); }
header.pass { border-left-color: var(--good); } header.pass h1 { color: var(--good); }
header ul { margin: 12px 0 0; padding: 0; list-style: none; } header li { margin: 6px 0; overflow-wrap: anywhere; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
.command { position: relative; margin-top: 14px; } .command pre { padding-right: 84px; }
button { font: inherit; font-size: 13px; padding: 2px 12px; color: var(--text); background: var(--card); border: 1px solid var(--line);
  border-radius: 5px; cursor: pointer; } button:hover { border-color: var(--soft); }
.command button { position: absolute; top: 7px; right: 8px; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; } th { text-align: left; font-weight: 600; font-size: 13px; color: var(--soft); }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; } th.num { text-align: right; }
td.num, td:first-child { white-space: nowrap; }
table.cases td:nth-child(2) { overflow-wrap: break-word; } table.cases td:last-child { color: var(--soft); min-width: 16em; }
.intervals td { vertical-align: middle; white-space: nowrap; } .intervals { width: auto; }
.badge { display: inline-block; min-width: 44px; padding: 0 8px; border-radius: 10px; font-size: 12px; font-weight: 600; line-height: 20px; text-align: center; }
.badge.pass { color: var(--good); background: var(--good-soft); } .badge.skip { color: var(--skip); background: var(--skip-soft); }
.badge.fail, .badge.error { color: var(--bad); background: var(--bad-soft); }
.tag { font-size: 12px; font-weight: 600; color: var(--bad); }
details.case { margin: 10px 0; padding: 0 18px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
details.case[open] { padding-bottom: 18px; }
details.case > summary { display: flex; gap: 12px; align-items: center; margin: 0 -18px; padding: 9px 18px; cursor: pointer; list-style: none; }
details.case > summary::-webkit-details-marker { display: none; }
details.case > summary::before { content: "\25B8"; color: var(--soft); } details.case[open] > summary::before { content: "\25BE"; }
details.case > summary b { flex: 1; font-weight: 600; overflow-wrap: anywhere; } :target { outline: 2px solid var(--link); outline-offset: 2px; }
summary { cursor: pointer; } summary.soft { margin-top: 6px; } .message { margin: 8px 0; } .message .place { font-size: 13px; color: var(--soft); }
ul.files { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0; padding: 0; list-style: none; }
.late { color: var(--bad); font-weight: 600; } label.only { float: right; font-size: 13px; font-weight: 400; color: var(--soft); }
body.only-failed tr.quiet, body.only-failed details.quiet { display: none; }
svg { display: block; } svg text { font: 11px system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; fill: var(--text); }
svg.bar .band { fill: var(--info); fill-opacity: .2; } svg .rail { fill: var(--line); } svg .bound { stroke: var(--info); stroke-width: 1.5; }
svg .good { fill: var(--good); } svg .bad { fill: var(--bad); } svg .fault { fill: var(--fault); } svg .info { fill: var(--info); } svg .step { fill: var(--soft); }
svg.timeline { width: 100%; min-width: 760px; height: auto; } svg .grid { stroke: var(--line); } svg line.lane { stroke: var(--line); stroke-width: 2; }
svg text.lane { font-size: 12px; font-weight: 600; } svg text.tick { text-anchor: middle; fill: var(--soft); } svg text.before { text-anchor: end; }
svg.timeline g.m { stroke: var(--card); stroke-width: 1; } svg.timeline.near { cursor: grab; } svg.symbols { position: absolute; }
svg .alive { fill: var(--code); } svg .band { fill: var(--fault); fill-opacity: .22; } svg .band.all { fill-opacity: .06; }
svg .member { fill: var(--good); } svg .connected { fill: var(--info); } svg .recovery { fill: var(--info); fill-opacity: .3; }
svg .expected { fill: var(--bad); fill-opacity: .07; stroke: var(--bad); stroke-dasharray: 4 3; stroke-width: 1; vector-effect: non-scaling-stroke; }
svg .beats { stroke: var(--soft); stroke-width: 1.2; fill: none; vector-effect: non-scaling-stroke; }
svg .wrong { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 2 3; vector-effect: non-scaling-stroke; }
svg .cursor { stroke: var(--soft); stroke-width: 1; pointer-events: none; } svg text.first { text-anchor: start; } svg text.last { text-anchor: end; }
svg .box { fill: var(--good); fill-opacity: .18; } svg .middle { fill: var(--good); } svg .now { fill: var(--good); fill-opacity: .75; } svg .past { fill: var(--soft); fill-opacity: .35; }
.tip { position: fixed; display: none; z-index: 9; padding: 5px 9px; max-width: 520px; font-size: 12px; line-height: 1.4; pointer-events: none;
  color: var(--text); background: var(--card); border: 1px solid var(--soft); border-radius: 5px; font-variant-numeric: tabular-nums; }
.zoomed { position: relative; overflow-x: auto; } .zoom { position: sticky; left: 0; display: flex; gap: 4px; justify-content: flex-end; margin: 0 0 4px; }
.zoom button { padding: 0 9px; } svg.timeline { user-select: none; touch-action: pan-y; }
dl.story { display: grid; grid-template-columns: max-content 1fr; gap: 6px 18px; margin: 10px 0; } dl.story dt { color: var(--soft); font-weight: 600; }
dl.story dd { margin: 0; overflow-wrap: anywhere; } dl.story .at { display: inline-block; min-width: 66px; text-align: right; margin-right: 8px; color: var(--soft); font-variant-numeric: tabular-nums; }
dl.story dt.late { color: var(--bad); }
.progress { display: flex; gap: 3px; align-items: flex-end; height: 68px; overflow-x: auto; } .progress span { display: flex; flex-direction: column; justify-content: flex-end; width: 14px; flex: none; }
.progress i { display: block; } .progress .this { outline: 1.5px solid var(--text); outline-offset: 1px; }
i.pass { background: var(--good); } i.fail { background: var(--bad); } i.skip { background: var(--skip); }
.earlier { display: flex; gap: 2px; margin-top: 4px; } .earlier i { width: 5px; height: 8px; opacity: .8; }
.small { font-size: 13px; } .spreads td { vertical-align: middle; } .spreads td:first-child { white-space: normal; min-width: 190px; } .audits td:first-child { width: 1%; }
svg.timeline text { paint-order: stroke; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round; }
svg .cell { fill: var(--code); stroke: var(--line); } svg .cell.green { fill: var(--good-soft); stroke: var(--good); }
svg .cell.red { fill: var(--bad); } svg .cell.due { fill: var(--bad-soft); stroke: var(--line); } svg .cell.wrong { stroke: var(--bad); stroke-width: 2.5; }
svg text.mark { text-anchor: middle; } svg text.head { font-weight: 600; } svg .cell.red + text { fill: var(--page); }
svg text.good, svg text.info { fill: var(--soft); } svg text.step { fill: var(--text); }
.legend { display: flex; margin: 6px 0 10px; flex-wrap: wrap; gap: 4px 18px; font-size: 12px; color: var(--soft); } .legend span { display: flex; gap: 5px; align-items: center; }
.events td { font-size: 13px; padding: 2px 14px 2px 0; overflow-wrap: anywhere; }
@media print { button, label.only { display: none; } }
)css";

}  // namespace o2lab
