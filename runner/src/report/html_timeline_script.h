// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace o2lab {

/// Zoom, move and exact times of the timelines that timeline_svg.cc draws; numbers as there.
inline constexpr char html_timeline_script[] = R"js(
const LEFT = 64, PLOT = 920, LETTER = 6.1;
const tip = document.createElement('div');
tip.className = 'tip';
document.body.append(tip);
function tell(event, lines) {
  tip.replaceChildren(...lines.map((line) => Object.assign(document.createElement('div'), { textContent: line })));
  tip.style.display = lines.length ? 'block' : 'none';
  const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const top = event.clientY + 18 + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 10 : event.clientY + 18;
  tip.style.left = Math.max(left, 4) + 'px';
  tip.style.top = top + 'px';
}
const exact = (t) => '+' + t.toFixed(3) + ' s';
function timeline(svg) {
  const total = +svg.dataset.seconds, plot = svg.querySelector('svg'), stretched = plot.querySelector('g.x');
  const axis = plot.querySelector('g.axis'), height = +plot.getAttribute('height') - 22;
  const marks = [...plot.querySelectorAll('g.m')].map((g) => ({ g, t: +g.dataset.t, text: g.querySelector('text'),
    y: g.transform.baseVal[0].matrix.f, heavy: g.classList.contains('bad') || g.classList.contains('fault') }));
  const named = [...marks].sort((a, b) => b.heavy - a.heavy || a.t - b.t);
  const beats = [...plot.querySelectorAll('path.beats')].map((path) => ({ y: +path.dataset.y,
    at: path.getAttribute('d').split('M').slice(1).map(parseFloat) }));
  const cursor = document.createElementNS(svg.namespaceURI, 'line');
  cursor.setAttribute('class', 'cursor');
  cursor.setAttribute('y2', height);
  plot.append(cursor);
  let from = 0, to = total;
  const x = (t) => (t - from) * PLOT / (to - from);
  function ticks() {
    const rough = (to - from) / 10, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough * 0.999);
    const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
    let out = '';
    for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-6; ++i) {
      const at = x(i * step).toFixed(1);
      out += `<line class="grid" x1="${at}" x2="${at}" y1="0" y2="${height}"/><text class="tick${at < 16 ? ' first' : at > 900 ? ' last' : ''}" x="${at}" y="${height + 15}">${(i * step).toFixed(digits)} s</text>`;
    }
    axis.innerHTML = out;
  }
  function label(mark, side) {
    if (!mark.text) {
      mark.text = document.createElementNS(svg.namespaceURI, 'text');
      mark.text.setAttribute('y', 4);
      mark.g.append(mark.text);
      const words = mark.g.dataset.l;
      mark.text.textContent = words.length > 40 ? words.slice(0, 37) + '...' : words;
    }
    mark.text.style.display = side ? '' : 'none';
    mark.text.classList.toggle('before', side < 0);
    mark.text.setAttribute('x', side < 0 ? -9 : 9);
  }
  function draw() {
    stretched.setAttribute('transform', `translate(${x(0)} 0) scale(${PLOT / (to - from)} 1)`);
    ticks();
    const taken = {};
    for (const mark of marks) {
      const at = x(mark.t), lane = taken[mark.y] ||= [];
      mark.g.setAttribute('transform', `translate(${at.toFixed(1)} ${mark.y})`);
      mark.g.style.display = at < -12 || at > PLOT + 12 ? 'none' : '';
      lane.push([at - 7, at + 7]);
    }
    const free = (lane, a, b) => !lane.some(([c, d]) => a < d && c < b) && lane.push([a, b]);
    for (const mark of named) {
      const at = x(mark.t), long = Math.min(mark.g.dataset.l.length, 40) * LETTER, lane = taken[mark.y];
      if (at < 0 || at > PLOT) continue;
      if (at + 9 + long <= PLOT && free(lane, at + 8, at + 13 + long)) label(mark, 1);
      else if (at - 9 - long >= 0 && free(lane, at - 13 - long, at - 8)) label(mark, -1);
      else if (mark.text) label(mark, 0);
    }
  }
  function show(a, b) {
    const span = Math.max(Math.min(b - a, total), total / 5000);
    from = Math.min(Math.max(a, 0), total - span);
    to = from + span;
    svg.classList.toggle('near', span < total);
    draw();
  }
  const zoom = (factor, at) => show(at - (at - from) * factor, at + (to - at) * factor);
  const where = (event) => {
    const box = svg.getBoundingClientRect(), scale = 1000 / box.width;
    return { x: (event.clientX - box.left) * scale - LEFT, y: (event.clientY - box.top) * scale };
  };
  svg.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, from + where(event).x / PLOT * (to - from));
  }, { passive: false });
  let grip = null;
  svg.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || to - from >= total) return;
    grip = { at: where(event).x, from, to };
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener('pointerup', () => { grip = null; });
  svg.addEventListener('dblclick', () => show(0, total));
  svg.addEventListener('pointerleave', (event) => { cursor.style.display = 'none'; tell(event, []); });
  svg.addEventListener('pointermove', (event) => {
    const at = where(event);
    if (grip) {
      const moved = (grip.at - at.x) / PLOT * (grip.to - grip.from);
      show(grip.from + moved, grip.to + moved);
      return;
    }
    const t = from + at.x / PLOT * (to - from);
    if (t < from || t > to) return tell(event, []);
    cursor.style.display = '';
    cursor.setAttribute('x1', at.x);
    cursor.setAttribute('x2', at.x);
    const lines = [exact(t)];
    const near = marks.filter((m) => Math.abs(x(m.t) - at.x) < 7 && Math.abs(m.y - at.y) < 12);
    near.sort((a, b) => Math.abs(x(a.t) - at.x) - Math.abs(x(b.t) - at.x));
    for (const m of near.slice(0, 6))
      lines.push(exact(m.t) + (m.g.dataset.e ? ' \u00b1' + m.g.dataset.e + ' ms' : '') + '  ' + m.g.dataset.l);
    if (near.length > 6) lines.push(`and ${near.length - 6} more here`);
    for (const row of beats)
      if (at.y >= row.y - 2 && at.y <= row.y + 8)
        for (const b of row.at) if (Math.abs(x(b) - at.x) < 4) lines.push(exact(b) + '  heartbeat write');
    for (const one of document.elementsFromPoint(event.clientX, event.clientY))
      if (one.tagName === 'rect' && one.dataset.l && svg.contains(one)) {
        const begin = +one.getAttribute('x'), end = begin + +one.getAttribute('width');
        lines.push(`${one.dataset.l}: ${exact(begin)} to ${exact(end)}, ${(end - begin).toFixed(3)} s`);
      }
    tell(event, lines);
  });
  const bar = document.createElement('div');
  bar.className = 'zoom';
  const middle = () => (from + to) / 2;
  for (const [text, title, act] of [['+', 'nearer', () => zoom(0.5, middle())], ['\u2212', 'farther', () => zoom(2, middle())],
    ['\u25c2', 'earlier', () => show(from - (to - from) / 2, to - (to - from) / 2)],
    ['\u25b8', 'later', () => show(from + (to - from) / 2, to + (to - from) / 2)], ['all', 'the whole case', () => show(0, total)]]) {
    const b = Object.assign(document.createElement('button'), { type: 'button', textContent: text, title });
    b.addEventListener('click', act);
    bar.append(b);
  }
  svg.before(bar);
}
function waken(details) {
  if (details.dataset.awake) return;
  details.dataset.awake = 1;
  details.querySelectorAll('svg.timeline').forEach(timeline);
}
for (const one of document.querySelectorAll('details.case')) {
  one.addEventListener('toggle', () => { if (one.open) waken(one); });
  if (one.open) waken(one);
}
for (const help of document.querySelectorAll('.zoomhelp')) help.hidden = false;
for (const spread of document.querySelectorAll('svg.spread')) {
  spread.addEventListener('pointermove', (event) => tell(event, event.target.dataset.l ? [event.target.dataset.l] : []));
  spread.addEventListener('pointerleave', (event) => tell(event, []));
}
)js";

}  // namespace o2lab
