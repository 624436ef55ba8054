// The chosen moment in words: what was heard, what was decided on it, why, and how long each step took.

const PARTS = {
  endpoint: 'is the turn over?', asr: 'recognising', cache: 'cache', llm: 'deciding what to say', tts: 'voice', playback: 'playback', hops: 'between rooms',
};
const MEASURED = {
  truth: 'from the true end of their speech', wire: 'from the packet with the last of their speech', detector: 'from the last window taken for speech',
};

function facts(pairs) {
  const list = document.createElement('dl');
  for (const [name, value] of pairs) if (value) list.append(made('dt', name), made('dd', value));
  return list.childElementCount ? list : '';
}

function quote(words, who) {
  return words ? made('blockquote', words, `who-${who}`) : '';
}

// A bar of `value` on a rail; both are of one scale that ends at `most`.
function rail(value, most, mark = null) {
  const bar = made('span', '', 'rail');
  const inner = made('i', '', value < 0 ? 'less' : '');
  inner.style.width = `${Math.min(100, (Math.abs(value) / most) * 100)}%`;
  bar.append(inner);
  if (mark !== null) {
    const line = made('i', '', 'mark');
    line.style.left = `${(mark / most) * 100}%`;
    bar.append(line);
  }
  return bar;
}

function weighed(rows, unit) {
  const most = Math.max(1, ...rows.map(([, value]) => Math.abs(value)));
  const list = made('ul', '', 'weights');
  for (const [words, value, className] of rows) {
    const row = made('li');
    const bar = rail(value, most);
    if (className) bar.firstChild.style.background = theme[className];
    const sign = value < 0 ? '−' : '';
    row.append(made('span', words), made('b', `${sign}${Math.abs(Math.round(value))} ${unit}`), bar);
    list.append(row);
  }
  return list;
}

function aboutTurn(turn) {
  const parts = [quote(turn.text, 'restaurant')];
  parts.push(facts([
    ['truly said', turn.truth === turn.text ? '' : turn.truth], ['thrown away', turn.dropped],
    ['confidence', turn.confidence ? `${Math.round(turn.confidence * 100)} %` : ''], ['language', turn.language],
  ]));
  if (turn.decided_ms) {
    parts.push(made('h3', `Judged over after ${turn.hangover_ms} ms of silence: ${turn.reason}`));
    if (turn.weights.length) parts.push(weighed(turn.weights.map(([reason, ms]) => [reason, ms, '']), 'ms'));
    if (turn.under_our_voice) parts.push(made('p', 'It began and ended while we spoke, and did not stop us.', 'faint'));
  } else parts.push(made('p', 'It was never judged over.', 'faint'));
  if (turn.cache) parts.push(...aboutCache(turn.cache));
  for (const prepared of turn.prepared) {
    const saved = prepared.saved_ms ? `, ready ${Math.round(prepared.saved_ms)} ms sooner` : '';
    const words = prepared.kept ? `kept${saved}` : `thrown away: ${prepared.reason || 'they went on'}`;
    parts.push(made('h3', 'Answer prepared ahead'), made('p', words));
  }
  if (turn.latency) {
    const shown = turn.latency.parts.filter(([, ms]) => Math.abs(ms) >= 0.5).map(([part, ms]) => [PARTS[part] ?? part, ms, `part-${part}`]);
    parts.push(made('h3', `Answered after ${Math.round(turn.latency.whole_ms)} ms`), weighed(shown, 'ms'));
    parts.push(made('p', MEASURED[turn.latency.measured] ?? turn.latency.measured, 'faint'));
  }
  if (turn.brain.length) parts.push(made('h3', 'Language model'), facts(turn.brain));
  return parts;
}

function aboutCache(cache) {
  const near = `${cache.similarity.toFixed(3)}, needed ${cache.threshold.toFixed(2)}`;
  const parts = [made('h3', `Cache: ${cache.hit ? 'served' : 'not served'}${cache.ahead ? ', for the words at a pause' : ''}`), made('p', cache.verdict)];
  if (cache.similarity) parts.push(rail(cache.similarity, 1, cache.threshold));
  parts.push(facts([['similarity', cache.similarity ? near : ''], ['nearest', cache.nearest], ['reply', cache.template]]));
  return parts;
}

function aboutSaid(said, choose) {
  const parts = [quote(said.said || said.text, said.who)];
  if (said.cut) {
    const rest = said.text.startsWith(said.said) ? said.text.slice(said.said.length).trim() : said.text;
    parts.push(facts([['cut off; not said', rest]]));
  }
  parts.push(facts([['from', said.from_cache ? 'the cache' : ''], ['language', said.language]]));
  if (said.turn) {
    const link = made('button', `It answers turn ${said.turn}`);
    link.type = 'button';
    link.addEventListener('click', () => choose(`turn:${said.turn}`));
    const row = made('div', '', 'act');
    row.append(link);
    parts.push(row);
  }
  return parts;
}

// told: {play(item), key(key)}; play is null where there is no sound.
function showDetail(panel, item, told) {
  panel.hidden = !item;
  panel.parentElement.classList.toggle('with-detail', Boolean(item));
  if (!item) return;
  const until = item.endMs > item.startMs ? `–${clockWords(item.endMs)}` : '';
  const head = made('h2', item.title);
  head.append(made('small', `${clockWords(item.startMs)}${until}`));
  const parts = item.kind === 'turn' ? aboutTurn(item.of) : item.kind === 'said' ? aboutSaid(item.of, told.key) : [facts(item.of.facts)];
  panel.replaceChildren(head, ...parts.filter(Boolean));
  if (told.play && item.endMs > item.startMs) {
    const row = made('div', '', 'act');
    const button = made('button', '▶ play this');
    button.type = 'button';
    button.addEventListener('click', () => told.play(item));
    row.append(button);
    panel.append(row);
  }
  panel.scrollTop = 0;
}
