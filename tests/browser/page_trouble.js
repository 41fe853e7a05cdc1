/* For the status page's test: the status as it would be on a bad night, made from the real one, and what to measure of it. */
if (!window.realShow) { // what the gateway says meanwhile is not drawn
  window.realShow = show;
  window.show = () => {};
}
window.trouble = function () {
  const s = JSON.parse(JSON.stringify(window.realStatus || (window.realStatus = status))), many = (n, f) => Array.from({length: n}, (_, i) => f(i));
  const word = 'congtytnhhmotthanhvienthuongmaidichvuvantaiquocte';
  s.instance = 'gateway-du-phong-trung-tam-du-lieu-thanh-pho-ho-chi-minh';
  s.state = 'draining';
  s.admission = false;
  s.pauses = [
    {registry: null, account: 'vnnic-ascii/tai-khoan-dung-chung', partner: null, lane: null, zone: null, grant: null, only: 'paid', since: s.now, why: 'the deposit runs low'},
    {registry: null, account: null, partner: word, lane: 'create', zone: 'id.vn', grant: 'youth-id', only: null, since: s.now, why: 'sai tệp: ' + word + word},
    {registry: null, account: null, partner: null, lane: null, zone: null, grant: null, only: null, since: s.now, why: null}];
  s.policy = {revision: s.rules, since: s.now, confirm_by: s.now, staged: {revision: s.rules, at: s.now, approved: false, by: 'Nguyễn Văn An'}};
  Object.assign(s.items, {queued: 1234567, waiting: 4321, review: 77, needs_human: 12, unknown: 345, reconciling: 6, done: 8765432, failed: 54321, cancelled: 9});
  s.lanes.forEach((l, i) => { l.items = [3, 45678, 1188886, 0][i]; l.oldest_s = [59, 3601, 400000, 0][i]; });
  s.jobs.in_flight = 64;
  s.since_start = {claimed: 9e6, done: 8765432, failed: 54321, unknown: 345};
  const a = s.registries[0].accounts[0];
  s.registries = many(3, (i) => Object.assign({}, s.registries[0], {name: ['vnnic-ascii', 'vnnic-idn', word][i], limit: [200, 20, 0][i], used_ppm: [1e6, 431000, 0][i],
    accounts: many(2, (k) => Object.assign({}, a, {name: ['tai-khoan-dung-chung', word][k], state: ['ready', 'connecting', 'stopped'][(i + k) % 3], sessions: k ? 0 : 4,
      money: i === 1 ? 'out' : 'ok', retry_in_s: k ? 287 : 0, skew_ms: k ? -93000 : 0, password_expires: i ? null : s.now,
      commands: k ? {} : {check: {count: 5, mean_us: 31200}, contact_create: {count: 5, mean_us: 60210}, create: {count: 9, mean_us: 1243900}, renew: {count: 1, mean_us: 840000}, info: {count: 1, mean_us: 20000}},
      last_error: k ? 'cannot connect: epp-du-phong.' + word + '.example.vn:700: connection refused (tried 14 times)' : ''}))}));
  s.sessions = many(9, (i) => ({session: 4000 + i, registry: 'vnnic-ascii', account: 'tai-khoan-dung-chung', endpoint: 'epp-du-phong.' + word + '.example.vn:700', state: ['ready', 'login', 'draining'][i % 3],
    age_s: 72000 - 9000 * i, window: 8, in_flight: i, tls: i % 3 ? 'TLSv1.3' : null, our_certificate_until: '2026-12-01', their_certificate_until: '2027-03-01'}));
  s.partners = many(30, (i) => Object.assign({}, s.partners[0], {name: i ? `doi-tac-${i}` : word, queued: 49999 - 1700 * i, max_queued: i % 4 ? 50000 : 0, used_ppm: i * 33000,
    lines: {new: 1234567 - i * 40000, repeated: i * 11, bad: i * 3}}));
  s.limits = many(40, (i) => ({of: i % 5 ? `partner doi-tac-${i}` : i ? 'programme' : 'registry vnnic-ascii', limit: i === 0 ? 'commands_per_second' : i % 5 ? 'lines_per_day' : 'chuong-trinh-tinh-' + word,
    max: 1000, used: 1000 - 25 * i, left: 25 * i, resets: i % 2 ? s.now : 'each second', near: 5, over: i % 3 ? 0 : 1200 * i, shadow: i === 2, reason: i ? null : 'hợp đồng với VNNIC, điều 4.2'}));
  s.certificates = [['api', -3, 'expired'], ['partners_crl', 1, 'runs out'], ['registry_client', 21, 'runs out'], ['registry_ca', 45, 'valid'], ['partners_ca', 3000, 'valid']]
    .map(([use, days, state]) => ({use, name: use === 'api' ? word : 'vnnic-ascii/tai-khoan', subject: 'CN=' + word + ',O=Công ty,C=VN', expires: '2026-12-01', days, state}));
  s.errors = many(20, (i) => ({at: s.now, last: s.now, count: i ? 1 : 4711, level: i % 3 ? 'warning' : 'error', event: ['certificate.invalid', 'pool.stopped', 'registry.greeting_changed'][i % 3],
    text: i ? 'cannot log in: 2200 authentication error' : word + '/' + word + '/' + word, fields: `registry=vnnic-ascii account=tai-khoan-dung-chung session=${i} reason=` + word}));
  s.errors_total = 7;
  s.warnings_total = 4724;
  status = s;
  realShow();
};
/* Nothing has happened yet, nobody is configured. */
window.nothing = function () {
  const s = JSON.parse(JSON.stringify(window.realStatus || (window.realStatus = status)));
  Object.assign(s, {registries: [], sessions: [], endpoints: [], partners: [], limits: [], certificates: [], errors: [], progress: [], pauses: [], errors_total: 0, warnings_total: 0, state: 'starting', admission: false,
    policy: {revision: '', since: null, confirm_by: null, staged: null}, rules: ''});
  for (const k in s.items) s.items[k] = 0;
  for (const l of s.lanes) l.items = l.oldest_s = 0;
  s.since_start = {claimed: 0, done: 0, failed: 0, unknown: 0};
  history = {};
  drawPlots();
  status = s;
  realShow();
};
/* Hours of figures, with a gap. */
window.hours = function () {
  const now = Date.now() + skew, out = {};
  const put = (name, f) => { out[name] = []; for (let t = now - 3 * 3600e3; t < now; t += 10e3) if (t < now - 80 * 60e3 || t > now - 65 * 60e3) out[name].push([t, f((now - t) / 3600e3), f((now - t) / 3600e3)]); };
  const wave = (h, a, b) => Math.max(0, Math.round(a + b * Math.sin(h * 5) + b * 0.2 * Math.sin(h * 170)));
  put('done', (h) => wave(h, 1500, 400));
  put('failed', (h) => wave(h, 60, 50));
  put('lines', (h) => (h % 1 < 0.1 ? 90000 : 0));
  put('queued', (h) => wave(h, 400000, 300000));
  put('held', () => 4398);
  put('doubt', (h) => (h < 0.5 ? 351 : 2));
  put('registry_us', (h) => wave(h, 90000, 60000));
  put('api_us', (h) => wave(h, 20000, 9000));
  put('store_us', (h) => wave(h, 3000, 900));
  put('limit_ppm', (h) => Math.min(1e6, wave(h, 800000, 300000)));
  history = out;
  drawPlots();
};
/* Texts that stand out too little (WCAG 2: 4.5 to 1, large ones 3), as "ratio text". */
window.faint = function () {
  const parse = (c) => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const over = (a, b) => a.slice(0, 3).map((v, i) => v * a[3] + b[i] * (1 - a[3]));
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (e) => { const p = e.parentElement ? behind(e.parentElement) : [255, 255, 255], c = parse(getComputedStyle(e).backgroundColor); return c[3] ? over(c, p) : p; };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), out = new Set();
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, style = getComputedStyle(e);
    if (!walk.currentNode.data.trim() || !e.getClientRects().length || /^(SCRIPT|STYLE|NOSCRIPT)$/.test(e.tagName)) continue;
    const back = behind(e), ink = over(parse(e instanceof SVGElement ? style.fill : style.color), back), x = light(ink), y = light(back);
    const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05), size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) out.add(`${ratio.toFixed(2)} ${walk.currentNode.data.trim().slice(0, 30)}`);
  }
  return [...out].join('; ');
};
/* What is wider than the screen, by itself or cut off inside. */
window.wide = function () {
  const room = document.documentElement.clientWidth;
  return [...document.querySelectorAll('main *, header *, footer *')].filter((e) => e.getClientRects().length && !e.closest('.hidden, nav, thead') && e.getBoundingClientRect().right > room + 1)
    .map((e) => `${e.tagName} ${e.textContent.slice(0, 40)}`).slice(0, 5).join('; ');
};
