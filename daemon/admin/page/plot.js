'use strict';
/* A plot over time: lines of up to three series, a cursor for mouse, finger and arrow keys. */
const SVG = 'http://www.w3.org/2000/svg';
const W = 560, H = 170, LEFT = 46, RIGHT = 8, TOP = 10, BOTTOM = 20;

function el(tag, attrs, text) {
  const e = document.createElement(tag);
  for (const k in attrs || {}) e.setAttribute(k, attrs[k]);
  if (text !== undefined) e.textContent = text;
  return e;
}
function shape(tag, attrs, text) {
  const e = document.createElementNS(SVG, tag);
  for (const k in attrs) e.setAttribute(k, attrs[k]);
  if (text !== undefined) e.textContent = text;
  return e;
}
/* 1, 2 or 5 times a power of ten, at least `max` / `parts`. */
function niceStep(max, parts) {
  const raw = Math.max(max, 1e-9) / parts, power = Math.pow(10, Math.floor(Math.log10(raw)));
  for (const m of [1, 2, 5, 10]) if (m * power >= raw) return m * power;
  return 10 * power;
}

/* Beside an axis there is no room for more than five characters. */
function short(n, digits) {
  return n < 10000 ? num(n, digits) : new Intl.NumberFormat(locale(), {notation: 'compact', maximumFractionDigits: 1}).format(n);
}

class Plot {
  /* spec: {title, series: [names], scale: value -> number, floor: least top of the scale, whole: counts } */
  constructor(host, spec) {
    this.spec = spec;
    this.points = {};
    this.at = null;
    this.figure = el('figure');
    this.caption = el('figcaption');
    this.svg = shape('svg', {viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: 'none', tabindex: '0', role: 'img'});
    this.readout = el('p', {class: 'readout', 'aria-live': 'polite'});
    this.figure.append(this.caption, this.svg, this.readout);
    host.append(this.figure);
    this.svg.addEventListener('pointermove', (e) => this.point(e));
    this.svg.addEventListener('pointerdown', (e) => this.point(e));
    this.svg.addEventListener('pointerleave', () => this.pick(null));
    this.svg.addEventListener('blur', () => this.pick(null));
    this.svg.addEventListener('keydown', (e) => this.key(e));
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }
  set(points, step, from, to) {
    this.points = points;
    this.step = step;
    this.from = from;
    this.to = to;
    this.draw();
  }
  /* Times that any series has, ascending. */
  times() {
    const all = new Set();
    for (const s of this.spec.series) for (const p of this.points[s] || []) if (p[0] >= this.from) all.add(p[0]);
    return [...all].sort((a, b) => a - b);
  }
  x(t) { return LEFT + (t - this.from) / Math.max(1, this.to - this.from) * (this.width - LEFT - RIGHT); }
  y(v) { return H - BOTTOM - v / this.top * (H - TOP - BOTTOM); }
  draw() {
    this.width = Math.max(240, this.svg.clientWidth || W);
    this.svg.setAttribute('viewBox', `0 0 ${this.width} ${H}`);
    this.svg.replaceChildren();
    this.legend();
    if (this.from === undefined) return;
    let max = this.spec.floor;
    for (const s of this.spec.series)
      for (const p of this.points[s] || []) if (p[0] >= this.from) max = Math.max(max, this.spec.scale(p[1]));
    const step = this.spec.whole ? Math.max(1, niceStep(max, 4)) : niceStep(max, 4);
    this.top = Math.ceil(max / step - 1e-9) * step;
    for (let v = 0; v <= this.top + step / 2; v += step) {
      const y = this.y(v);
      this.svg.append(shape('line', {class: 'grid', x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y}),
        shape('text', {x: LEFT - 6, y: y + 4, 'text-anchor': 'end'}, short(v, step < 1 ? 2 : 0)));
    }
    this.timeAxis();
    /* The first is the most important: it lies on top. */
    [...this.spec.series.keys()].reverse().forEach((i) => this.line(this.spec.series[i], i));
    if (!this.times().length)
      this.svg.append(shape('text', {x: this.width / 2, y: H / 2, 'text-anchor': 'middle'}, w('nodata')));
    this.cursor();
    this.describe();
  }
  timeAxis() {
    const length = this.to - this.from, count = this.width < 420 ? 3 : 5;
    const how = length > 400 * 864e5 ? {year: 'numeric', month: '2-digit'} : length > 3 * 864e5 ? {day: '2-digit', month: '2-digit'}
      : length > 864e5 ? {day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit'} : {hour: '2-digit', minute: '2-digit'};
    for (let i = 0; i < count; i++) {
      const t = this.from + length * i / (count - 1);
      this.svg.append(shape('text', {x: this.x(t), y: H - 5, 'text-anchor': i === 0 ? 'start' : i === count - 1 ? 'end' : 'middle'}, when(t, how)));
    }
  }
  /* Means over two pixels: more cannot be seen, and would be a carpet. */
  thinned(series) {
    const all = (this.points[series] || []).filter((p) => p[0] >= this.from), out = [];
    this.bucket = Math.max(this.step * 1000, (this.to - this.from) / ((this.width - LEFT - RIGHT) / 2));
    for (const p of all) {
      const at = Math.floor(p[0] / this.bucket), last = out[out.length - 1];
      if (last && last.at === at) { last.n++; last.sum += p[1]; } else out.push({at, t: p[0], n: 1, sum: p[1]});
    }
    return out.map((b) => [b.t, b.sum / b.n]);
  }
  line(series, i) {
    let d = '', area = '', before = null, begin = null;
    const floor = this.y(0), close = () => { if (before !== null) area += `L${this.x(before)} ${floor}L${begin} ${floor}Z`; };
    for (const p of this.thinned(series)) {
      const x = this.x(p[0]).toFixed(1), y = this.y(this.spec.scale(p[1])).toFixed(1);
      const gap = before === null || p[0] - before > 2.6 * this.bucket;
      if (gap) { close(); begin = x; }
      d += `${gap ? 'M' : 'L'}${x} ${y}`;
      area += `${gap ? 'M' : 'L'}${x} ${y}`;
      if (gap) d += 'h1';
      before = p[0];
    }
    close();
    if (i === 0 && area) this.svg.append(shape('path', {class: 'area c0', d: area}));
    if (d) this.svg.append(shape('path', {class: 'c' + i, d}));
  }
  legend() {
    const list = el('span', {class: 'legend'});
    this.spec.series.forEach((s, i) => {
      const one = el('span');
      one.append(el('i', {class: 'b' + i}), document.createTextNode(w(s)));
      list.append(one);
    });
    this.caption.replaceChildren(el('b', {}, w(this.spec.title)), list);
  }
  valueAt(series, t) {
    const p = (this.points[series] || []).find((q) => q[0] === t);
    return p ? num(this.spec.scale(p[1]), this.spec.whole ? 0 : 2) : '–';
  }
  cursor() {
    if (this.at === null || !this.times().includes(this.at)) { this.readout.textContent = ''; return; }
    const x = this.x(this.at);
    this.svg.append(shape('line', {class: 'cursor', x1: x, x2: x, y1: TOP, y2: H - BOTTOM}));
    this.readout.textContent = when(this.at, {day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit'}) +
      ' · ' + this.spec.series.map((s) => `${w(s)} ${this.valueAt(s, this.at)}`).join(' · ');
  }
  describe() {
    const parts = this.spec.series.map((s) => {
      const all = (this.points[s] || []).filter((p) => p[0] >= this.from);
      if (!all.length) return `${w(s)}: ${w('nodata')}`;
      const values = all.map((p) => this.spec.scale(p[1]));
      return `${w(s)}: ${w('latest')} ${num(values[values.length - 1], 2)}, ${w('high')} ${num(values.reduce((a, b) => Math.max(a, b)), 2)}`;
    });
    this.svg.setAttribute('aria-label', `${w(this.spec.title)}. ${parts.join('; ')}.`);
  }
  pick(t) { if (this.at !== t) { this.at = t; this.draw(); } }
  point(e) {
    const box = this.svg.getBoundingClientRect(), all = this.times();
    const t = this.from + ((e.clientX - box.left) / box.width * this.width - LEFT) / (this.width - LEFT - RIGHT) * (this.to - this.from);
    this.pick(all.length ? all.reduce((a, b) => (Math.abs(b - t) < Math.abs(a - t) ? b : a)) : null);
  }
  key(e) {
    const all = this.times(), i = all.indexOf(this.at);
    const to = {ArrowLeft: i < 0 ? all.length - 1 : i - 1, ArrowRight: i < 0 ? all.length - 1 : i + 1, Home: 0, End: all.length - 1}[e.key];
    if (e.key === 'Escape') this.pick(null);
    if (to === undefined || !all.length) return;
    e.preventDefault();
    this.pick(all[Math.max(0, Math.min(all.length - 1, to))]);
  }
}
