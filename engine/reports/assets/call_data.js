// A call as the page carries it, made ready for drawing.

// Text of strangers: without characters that steer. It is only ever shown as text.
const STEERING = /[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function readCall(article) {
  const tidy = (key, value) => (typeof value === 'string' ? value.replace(STEERING, ' ') : value);
  const call = JSON.parse(article.querySelector('.call-data').textContent, tidy);
  call.items = itemsOf(call);
  call.byKey = new Map(call.items.map((item) => [item.key, item]));
  call.tracks = tracksOf(call);
  return call;
}

// Everything that can be chosen, in the order of time.
function itemsOf(call) {
  const items = [];
  for (const turn of call.turns) {
    const endMs = Math.max(turn.end_ms, turn.start_ms + 1);
    items.push({ key: `turn:${turn.number}`, kind: 'turn', startMs: turn.start_ms, endMs, title: `Restaurant, turn ${turn.number}`, words: turn.text || turn.dropped, of: turn });
  }
  call.utterances.forEach((said, place) => {
    const title = said.who === 'operator' ? 'Operator' : 'Agent';
    items.push({ key: `said:${place}`, kind: 'said', startMs: said.start_ms, endMs: Math.max(said.end_ms, said.start_ms + 1), title, words: said.said || said.text, of: said });
  });
  call.happenings.forEach((event, place) => {
    const facts = event.facts.map(([name, value]) => `${name}: ${value}`).join('\n');
    items.push({ key: `event:${place}`, kind: 'event', startMs: event.at_ms, endMs: Math.max(event.end_ms, event.at_ms), title: event.title, words: facts, of: event });
  });
  return items.sort((one, other) => one.startMs - other.startMs);
}

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

// Both voices as lows and highs, -1..1, and the probability of speech, 0..1; null where nothing is known.
function tracksOf(call) {
  const tracks = { far: null, agent: null, speech: null };
  if (call.meter) {
    const { start_ms: startMs, step_ms: stepMs } = call.meter;
    const values = bytesOf(call.meter.far_probability);
    tracks.speech = values.length ? { startMs, stepMs, values } : null;
    tracks.far = levels(startMs, stepMs, bytesOf(call.meter.far_level));
    tracks.agent = levels(startMs, stepMs, bytesOf(call.meter.agent_level));
  }
  if (call.waveform) {
    const { start_ms: startMs, step_ms: stepMs } = call.waveform;
    tracks.far = samples(startMs, stepMs, bytesOf(call.waveform.far)) ?? tracks.far;
    tracks.agent = samples(startMs, stepMs, bytesOf(call.waveform.agent)) ?? tracks.agent;
  }
  return tracks;
}

function samples(startMs, stepMs, bytes) {
  const words = new DataView(bytes.buffer);
  const count = Math.floor(bytes.length / 4);
  const lows = new Float32Array(count);
  const highs = new Float32Array(count);
  let loudest = 1;
  for (let at = 0; at < count; at += 1) {
    lows[at] = words.getInt16(at * 4, true);
    highs[at] = words.getInt16(at * 4 + 2, true);
    loudest = Math.max(loudest, -lows[at], highs[at]);
  }
  if (loudest <= 1) return null; // a voice that was not kept
  const gain = Math.min(0.96 / loudest, 12 / 32768); // a quiet voice is drawn larger, noise is not drawn as a voice
  return { startMs, stepMs, lows: lows.map((low) => low * gain), highs: highs.map((high) => high * gain) };
}

// Where there is no recording: the meter, -60 dBFS as nothing.
function levels(startMs, stepMs, bytes) {
  if (!bytes.length) return null;
  const highs = Float32Array.from(bytes, (byte) => (byte ? Math.max(0, ((byte - 1) / 254) * 90 - 30) / 60 * 0.9 : 0));
  return { startMs, stepMs, highs, lows: highs.map((high) => -high) };
}
