'use strict';
/* The page: takes events from /events and puts them into the tables. Texts from the gateway go in as text only. */
const $ = (id) => document.getElementById(id);
const RANGES = [10, 60, 900, 21600], REACH = {10: 3 * 3600, 60: 2 * 86400, 900: 60 * 86400, 21600: 5 * 366 * 86400};
const PLOTS = [
  {title: 'pThroughput', series: ['done', 'failed', 'lines'], scale: (v) => v / 10, floor: 1},
  {title: 'pQueue', series: ['queued', 'held', 'doubt'], scale: (v) => v, floor: 4, whole: true},
  {title: 'pLatency', series: ['registry_us', 'api_us', 'store_us'], scale: (v) => v / 1000, floor: 4},
  {title: 'pLimit', series: ['limit_ppm'], scale: (v) => v / 10000, floor: 100}
];
let status = null, step = 10, history = {}, plots = [], skew = 0;

/* ---- small parts ---- */

function badge(kind, text) { return el('span', {class: 'badge ' + kind}, text); }
function small(text) { return el('small', {}, text); }
function bar(value, max, label, hot) {
  return el('progress', Object.assign({value: Math.min(value, max), max: Math.max(max, 1), 'aria-label': label}, hot ? {class: 'hot'} : {}));
}
/* columns: [[word, class, row -> texts and elements]] */
function table(host, rows, columns, label) {
  if (!rows.length) { host.replaceChildren(el('p', {class: 'empty'}, w('none'))); return; }
  const t = el('table', {'aria-label': label}), head = el('tr'), body = el('tbody');
  for (const [word, kind] of columns) head.append(el('th', {scope: 'col', class: kind}, w(word)));
  for (const row of rows) {
    const tr = el('tr');
    columns.forEach(([word, kind, fill], i) => {
      const td = el('td', {class: kind + (i === 0 ? ' first' : ''), 'data-label': w(word)}), box = el('div');
      box.append(...[fill(row)].flat().filter((x) => x !== null && x !== undefined && x !== ''));
      if (!box.childNodes.length) td.classList.add('void');
      td.append(box);
      tr.append(td);
    });
    body.append(tr);
  }
  t.append(el('thead'), body);
  t.tHead.append(head);
  host.replaceChildren(t);
}
const clockText = (text, how) => when(Date.parse(text), how || {hour: '2-digit', minute: '2-digit', second: '2-digit', day: '2-digit', month: '2-digit'});
/* A date of the gateway is a day in Hanoi, whatever the clock here says. */
const dayText = (text) => (text ? when(Date.parse(text + 'T12:00:00+07:00'), {day: '2-digit', month: '2-digit', year: 'numeric'}) : '…');

/* ---- sections ---- */

function showHead() {
  const s = status;
  $('instance').textContent = s.instance;
  $('state').textContent = w('st.' + s.state) + (s.pauses.length ? ' · ' + w('pausedBadge') : '') + (s.sandbox ? ' · ' + w('sandbox') : '');
  $('state').className = 'badge ' + (s.state === 'running' && !s.pauses.length ? 'good' : s.state === 'store failing' ? 'bad' : 'warn');
  $('version').textContent = s.version;
  $('epoch').textContent = s.epoch;
  $('since').textContent = clockText(s.since, {dateStyle: 'short', timeStyle: 'short'});
  $('rules').textContent = s.rules;
  $('notice').hidden = s.admission;
  $('notice').textContent = s.admission ? '' : w(s.state === 'draining' ? 'drained' : 'closed');
  document.title = `${s.instance} · ${w('title')}`;
}
/* What is paused, in the words of `vnepp pause`. */
function pauseText(p) {
  const parts = ['registry', 'account', 'partner', 'lane', 'zone', 'grant'].filter((k) => p[k])
    .map((k) => `${w('p.' + k)} ${k === 'lane' ? w('l.' + p[k]) : p[k]}`);
  if (p.only) parts.push(w('p.paid'));
  return parts.join(', ') || w('p.all');
}
function showPauses() {
  $('pauses').replaceChildren(...status.pauses.map((p) => {
    const li = el('li');
    li.append(badge('warn', w('pausedBadge')), ' ', el('b', {}, pauseText(p)),
      small([p.why, `${w('since')} ${clockText(p.since)}`].filter(Boolean).join(' · ')));
    return li;
  }));
  $('pauses').hidden = !status.pauses.length;
}
const shortRevision = (r) => r.slice(0, 15);
function showPolicy() {
  const p = status.policy, parts = [`${w('rules')} ${shortRevision(p.revision) || '–'}`];
  if (p.since) parts.push(`${w('since')} ${clockText(p.since)}`);
  if (p.confirm_by) parts.push(`${w('confirmBy')} ${clockText(p.confirm_by)}`);
  if (p.staged) parts.push(`${w('staged')}: ${shortRevision(p.staged.revision)} ${w('by')} ${p.staged.by}, ` +
    (p.staged.approved ? `${w('effect')} ${p.staged.at ? clockText(p.staged.at) : ''}` : w('unapproved')));
  $('policy').textContent = parts.join(' · ');
}
function tile(word, value, note, alarm) {
  const d = el('div', alarm ? {class: 'alarm'} : {}), dd = el('dd', {}, num(value));
  if (note) dd.append(small(note));
  d.append(el('dt', {}, w(word)), dd);
  return d;
}
function showTiles() {
  const s = status, i = s.items, oldest = Math.max(0, ...s.lanes.map((l) => l.oldest_s));
  const human = i.needs_human + i.review + i.waiting, doubt = i.unknown + i.reconciling;
  $('tiles').replaceChildren(
    tile('tQueued', i.queued + i.sending, oldest ? `${w('oldest')} ${span(oldest)}` : ''),
    tile('tFlight', s.jobs.in_flight, ''),
    tile('tDone', s.since_start.done, ''),
    tile('tFailed', s.since_start.failed, ''),
    tile('tHeld', human, i.needs_human ? `${w('ofThem')} ${num(i.needs_human)} ${w('i.needs_human')}` : '', i.needs_human > 0),
    tile('tDoubt', doubt, '', false),
    tile('tErrors', s.errors_total, `${num(s.warnings_total)} ${w('warnings')}`, s.errors_total > 0));
}
function showRegistries() {
  const rows = [];
  for (const r of status.registries) for (const a of r.accounts) rows.push({r, a});
  table($('registry-list'), rows, [
    ['account', '', (x) => `${x.r.name}/${x.a.name}`],
    ['state', '', (x) => [badge(x.a.state === 'ready' ? 'good' : x.a.state === 'stopped' ? 'bad' : 'warn', w('st.' + x.a.state)),
      x.a.money === 'out' ? ' ' : null, x.a.money === 'out' ? badge('bad', w('noMoney')) : null,
      x.a.retry_in_s ? small(`${w('retryIn')} ${span(x.a.retry_in_s)}`) : null,
      Math.abs(x.a.skew_ms) > 5000 ? small(`${w('skew')} ${x.a.skew_ms < 0 ? '−' : ''}${span(Math.abs(x.a.skew_ms) / 1000)}`) : null,
      x.a.password_expires ? small(`${w('password')} ${dayText(x.a.password_expires.slice(0, 10))}`) : null]],
    ['sessions', 'n', (x) => `${num(x.a.sessions)} / ${num(x.a.wanted)}`],
    ['inFlight', 'n', (x) => num(x.a.in_flight)],
    ['limit', 'l', (x) => (x.r.limit ? [`${num(x.r.limit)}${w('perSecond')}, ${num(x.r.used_ppm / 1e4)}\u00a0%`,
      bar(x.r.used_ppm, 1e6, w('used'))] : w('noLimit'))],
    ['latency', 'l', (x) => Object.entries(x.a.commands).map(([k, c]) => el('div', {}, `${w('m.' + k)} ${num(c.mean_us / 1000, 1)} ms`))],
    ['lastError', '', (x) => x.a.last_error]
  ], w('registries'));
  $('session-count').textContent = num(status.sessions.length);
  table($('session-list'), status.sessions, [
    ['session', '', (x) => [`${x.registry}/${x.account}`, small(`#${x.session} · ${x.endpoint}`)]],
    ['state', '', (x) => badge(x.state === 'ready' ? 'good' : 'warn', w('se.' + x.state))],
    ['sessionAge', 'n', (x) => span(x.age_s)],
    ['inFlight', 'n', (x) => `${num(x.in_flight)} / ${num(x.window)}`],
    ['tls', '', (x) => [x.tls || '–', x.their_certificate_until ? small(`${w('theirs')} ${dayText(x.their_certificate_until)}`) : null]]
  ], w('sessions'));
}
function showQueue() {
  table($('lane-list'), status.lanes, [
    ['lane', '', (l) => w('l.' + l.lane)],
    ['items', 'n', (l) => num(l.items)],
    ['age', 'n', (l) => (l.items ? span(l.oldest_s) : '–')]
  ], w('queue'));
  $('state-list').replaceChildren(...Object.entries(status.items).map(([k, n]) => {
    const d = el('div');
    d.append(el('dt', {}, w('i.' + k)), el('dd', {}, num(n)));
    return d;
  }));
}
function showPartners() {
  table($('partner-list'), status.partners, [
    ['partner', '', (p) => p.name],
    ['waiting', 'n', (p) => num(p.queued) + (p.max_queued ? ' / ' + num(p.max_queued) : '')],
    ['allowance', 'l', (p) => (p.limit_per_s ? [`${num(p.limit_per_s)}${w('perSecond')}, ${num(p.used_ppm / 1e4)}\u00a0%`,
      bar(p.used_ppm, 1e6, w('used'), p.used_ppm > 950000)] : w('noLimit'))],
    ['share', 'n', (p) => num(p.weight)],
    ['newLines', 'n', (p) => [num(p.lines.new), p.lines.repeated || p.lines.bad
      ? small(`${num(p.lines.repeated)} ${w('repeated')}, ${num(p.lines.bad)} ${w('badLines')}`) : null]]
  ], w('partners'));
}
/* "registry vnnic", "partner anphat", "programme" */
function whose(of) {
  const i = of.indexOf(' '), kind = i < 0 ? of : of.slice(0, i);
  return [w('o.' + kind), i < 0 ? null : small(of.slice(i + 1))];
}
const LIMITS_SHOWN = 12;
/* What is meant to be full: it stands last, and in no warning colour. */
const WIDTHS = ['sessions', 'window'];
function showLimits() {
  const part = (l) => (!l.max ? 0 : WIDTHS.includes(l.limit) ? -1 : l.used / l.max);
  const rows = [...status.limits].sort((a, b) => part(b) - part(a) || b.over - a.over).slice(0, LIMITS_SHOWN);
  table($('limit-list'), rows, [
    ['limitOf', '', (l) => whose(l.of)],
    ['limitName', '', (l) => [w('n.' + l.limit).replace(/^n\./, ''), l.reason ? small(l.reason) : null, l.shadow ? badge('warn', w('shadow')) : null]],
    ['usedHead', '', (l) => [`${num(l.used)} / ${num(l.max)}`, bar(l.used, l.max, w('used'), part(l) > 0.95 && !l.shadow)]],
    ['overs', 'n', (l) => num(l.over)],
    ['resets', '', (l) => (/^\d{4}-/.test(l.resets) ? clockText(l.resets) : w('r.' + l.resets))]
  ], w('limits'));
  const more = status.limits.length - rows.length;
  $('limit-rest').textContent = more > 0 ? w('limitsMore').replace('%', num(more)) : '';
}
function targetText(p) {
  if (p.target !== null) return num(p.target);
  return p.percent !== null ? [`${p.percent} %`, small(w('noBase'))] : w('noTarget');
}
function showProgress() {
  const today = status.now.slice(0, 10);
  const over = (p) => p.to && p.to < today, ended = status.progress.filter(over);
  progressTable($('progress-list'), status.progress.filter((p) => !over(p)));
  progressTable($('ended-list'), ended);
  $('ended-count').textContent = num(ended.length);
  $('ended').hidden = !ended.length;
}
// What counts towards the target: every registration, or (by the rules' switch) what was granted free.
const counted = (p) => (p.granted_only ? p.granted : p.names);
function progressTable(host, rows) {
  table(host, rows, [
    ['programme', '', (p) => [p.document, small(p.title), p.verified ? null : badge('warn', w('unverified'))]],
    ['zone', '', (p) => [p.zone || w('all'), small(p.province ? `${w('province')} ${p.province}` : w('country'))]],
    ['period', '', (p) => `${dayText(p.from)} – ${dayText(p.to)}`],
    ['target', 'n', targetText],
    ['reached', '', (p) => (p.names === null ? '–' : [`${num(p.names)}${p.target ? ` (${num(100 * counted(p) / p.target, 1)} %)` : ''}`,
      small(`${num(p.granted)} ${w('granted')}`), p.target ? bar(counted(p), p.target, w('reached')) : null])]
  ], w('progress'));
}
function showCertificates() {
  table($('certificate-list'), status.certificates, [
    ['use', '', (c) => w('c.' + c.use)],
    ['name', '', (c) => [c.name, small(c.subject)]],
    ['expires', 't', (c) => dayText(c.expires)],
    ['left', '', (c) => (c.days < 0 ? badge('bad', w('expired')) : badge(c.state !== 'valid' ? 'bad' : c.days < 60 && !c.use.endsWith('_crl') ? 'warn' : 'good', `${num(c.days)} ${w('days')}`))]
  ], w('certificates'));
}
function showErrors() {
  table($('error-list'), status.errors, [
    ['time', 't', (e) => [clockText(e.last), e.count > 1 ? small(`${num(e.count)} ${w('times')}`) : null]],
    ['event', 'e', (e) => [badge(e.level === 'error' ? 'bad' : 'warn', w('v.' + e.level)), ' ', el('code', {}, e.event)]],
    ['text', '', (e) => [e.text, small(e.fields)]]
  ], w('errors'));
}
function show() {
  if (!status) return;
  showHead();
  showPauses();
  showTiles();
  showPolicy();
  showRegistries();
  showQueue();
  showPartners();
  showLimits();
  showProgress();
  showCertificates();
  showErrors();
}

/* ---- plots ---- */

const gatewayNow = () => Date.now() + skew;
function drawPlots() {
  const to = gatewayNow();
  /* A young gateway does not fill the range: begin with its first figure, but show an eighteenth of the range at least. */
  let first = to;
  for (const list of Object.values(history)) if (list.length) first = Math.min(first, list[0][0]);
  const reach = REACH[step] * 1000, from = Math.max(to - reach, Math.min(first, to - reach / 18));
  for (const p of plots) p.set(history, step, from, to);
}
async function loadHistory() {
  const asked = step;
  try {
    const r = await fetch(`/history.json?step=${asked}`);
    if (!r.ok) return;
    const h = await r.json();
    if (asked !== step) return;
    history = h.series;
    drawPlots();
  } catch (e) { /* the stream of events says that the connection is gone */ }
}
function addPoint(point) {
  if (step !== 10) return;
  for (const k in point.values) {
    const list = history[k] = history[k] || [];
    if (!list.length || list[list.length - 1][0] < point.at) list.push([point.at, point.values[k], point.values[k]]);
    while (list.length > REACH[10] / 10) list.shift();
  }
  drawPlots();
}
function makeRanges() {
  const old = $('ranges').querySelector('legend');
  $('ranges').replaceChildren(old, ...RANGES.map((r) => {
    const l = el('label'), input = el('input', {type: 'radio', name: 'range', value: r});
    input.checked = r === step;
    input.addEventListener('change', () => { step = r; history = {}; loadHistory(); });
    l.append(input, el('span', {}, w('r' + r)));
    return l;
  }));
}

/* ---- language, clock, events ---- */

function setLang(to) {
  lang = to;
  try { localStorage.setItem('lang', to); } catch (e) { /* not allowed to keep it: asked again next time */ }
  document.documentElement.lang = to;
  for (const e of document.querySelectorAll('[data-w]')) e.textContent = w(e.dataset.w);
  const other = to === 'vi' ? 'en' : 'vi';
  $('lang').textContent = other === 'vi' ? 'Tiếng Việt' : 'English';
  $('lang').lang = other;
  setLive(live);
  makeRanges();
  show();
  drawPlots();
}
let live = 'connecting';
function setLive(state) {
  live = state;
  if ($('live').textContent !== w(state)) $('live').textContent = w(state);
}
function begin() {
  let saved = null;
  try { saved = localStorage.getItem('lang'); } catch (e) { /* the browser's language decides */ }
  plots = PLOTS.map((p) => new Plot($('plot-list'), p));
  const asked = new URLSearchParams(location.search).get('lang');
  const first = asked || saved || (navigator.language.toLowerCase().startsWith('en') ? 'en' : 'vi');
  setLang(first === 'en' ? 'en' : 'vi');
  $('lang').addEventListener('click', () => setLang(lang === 'vi' ? 'en' : 'vi'));
  const tick = () => { $('clock').textContent = status ? when(gatewayNow(), {dateStyle: 'medium', timeStyle: 'medium'}) : ''; };
  setInterval(tick, 1000);
  setInterval(() => { if (step !== 10) loadHistory(); }, 60000);
  const events = new EventSource('/events');
  events.addEventListener('open', () => { setLive('live'); loadHistory(); });
  events.addEventListener('error', () => setLive('lost'));
  events.addEventListener('status', (e) => {
    status = JSON.parse(e.data);
    skew = Date.parse(status.now) - Date.now();
    show();
    tick();
  });
  events.addEventListener('point', (e) => addPoint(JSON.parse(e.data)));
}
begin();
