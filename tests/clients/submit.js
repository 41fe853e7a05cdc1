// Hands a batch in, waits until nothing of it moves without a person, prints "ref state" for each line. No package.
//   node submit.js batch.ndjson       VNEPP_URL, VNEPP_CERT, VNEPP_KEY, VNEPP_CA: the gateway, and who we are
'use strict';
const { createHash } = require('crypto');
const { readFileSync } = require('fs');
const https = require('https');

const env = process.env;
const tls = { cert: readFileSync(env.VNEPP_CERT), key: readFileSync(env.VNEPP_KEY), ca: readFileSync(env.VNEPP_CA) };
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

function once(method, path, headers, body) {
  return new Promise((done, fail) => {
    const request = https.request(env.VNEPP_URL + path, { method, headers, ...tls }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', fail);
      answer.on('end', () => done({ status: answer.statusCode, head: answer.headers, body: Buffer.concat(parts).toString() }));
    });
    request.on('error', fail);
    request.end(body);
  });
}

// Sends until the answer is no request to wait.
async function ask(method, path, headers = {}, body = undefined) {
  for (;;) {
    const answer = await once(method, path, headers, body).catch(() => ({ status: 0, head: {} }));
    const wait = answer.head['retry-after'];
    if (![0, 409, 429, 503].includes(answer.status) || ([409, 429].includes(answer.status) && !wait)) return answer;
    await pause(wait || 2);
  }
}

async function main() {
  const file = readFileSync(process.argv[2]);
  // The same file under the same key may be sent again at any time: it is taken once.
  const taken = await ask('POST', '/v1/batches', {
    'Content-Type': 'application/x-ndjson',
    'Content-Length': file.length,
    'Idempotency-Key': createHash('sha256').update(file).digest('hex'),
  }, file);
  if (taken.status !== 202) throw new Error(taken.body);
  const batch = taken.head.location;

  while (JSON.parse((await ask('GET', batch)).body).moving > 0) await pause(1);

  for (let after = '0'; after;) {
    const path = `${batch}/items?limit=1000&after=${after}`;
    const answer = JSON.parse((await ask('GET', path, { Accept: 'application/json' })).body);
    for (const item of answer.items) console.log(item.ref, item.state);
    after = answer.next;
  }
}
main().catch((e) => { console.error(e.message); process.exit(1); });
