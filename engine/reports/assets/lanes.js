// The lanes of the timeline, from top to bottom, and what in them can be pointed at.

const STATE_COLOURS = { listening: 'far-soft', thinking: 'warn-soft', speaking: 'agent-soft', on_hold: 'bad-soft' };
const EVENT_LANES = [
  ['decision', 'Decisions'], ['sound', 'Sounds'], ['tool', 'Tools'], ['record', 'Record'], ['operator', 'Operator'],
  ['line', 'Line'], ['engine', 'Engine'],
];

// Which lanes this call needs, with their places. Lanes of which it has nothing are left out.
function lanesOf(call) {
  const lanes = [];
  let y = 0;
  const add = (kind, label, height) => {
    lanes.push({ kind, label, y, height });
    y += height;
  };
  add('ruler', '', 24);
  add('far', 'Restaurant', 86);
  add('far-words', '', 22);
  if (call.tracks.speech) add('speech', 'Speech?', 28);
  add('answer', 'Answer', 30);
  add('agent', 'Agent', 86);
  add('agent-words', '', 22);
  for (const [lane, label] of EVENT_LANES) {
    const items = call.items.filter((item) => item.kind === 'event' && item.of.lane === lane);
    if (items.length) {
      add(lane, label, 26);
      lanes.at(-1).items = items;
    }
  }
  if (call.states.length) add('state', 'State', 20);
  return { lanes, height: y + 4 };
}

// Paints once; `hits` are then the boxes that belong to items.
class LanesPainter {
  constructor(call) {
    this.call = call;
    Object.assign(this, lanesOf(call));
    this.hits = [];
  }

  paint(pen, width, gutter, view, marks) {
    this.hits = [];
    this.view = view;
    this.gutter = gutter;
    this.width = width - gutter;
    pen.save();
    pen.beginPath();
    pen.rect(gutter, 0, this.width, this.height);
    pen.clip();
    for (const lane of this.lanes) {
      const box = { x: gutter, y: lane.y, width: this.width, height: lane.height };
      if (lane.kind === 'ruler') this.ruler(pen, box);
      else if (lane.kind === 'far') this.far(pen, box, marks);
      else if (lane.kind === 'agent') this.agent(pen, box, marks);
      else if (lane.kind === 'far-words') this.words(pen, box, this.call.items.filter((item) => item.kind === 'turn'), theme.far);
      else if (lane.kind === 'agent-words') this.words(pen, box, this.call.items.filter((item) => item.kind === 'said'), theme.agent);
      else if (lane.kind === 'speech') paintSpeech(pen, this.call.tracks.speech, box, view);
      else if (lane.kind === 'answer') this.answers(pen, box);
      else if (lane.kind === 'state') this.states(pen, box);
      else this.events(pen, box, lane.items);
    }
    this.chosen(pen, marks.chosen);
    this.line(pen, marks.cursorMs, theme.faint, 1);
    this.line(pen, marks.playMs, theme.bad, 2);
    pen.restore();
    this.labels(pen, gutter);
  }

  x(ms) {
    return this.gutter + this.view.x(ms, this.width);
  }

  seen(startMs, endMs) {
    return endMs >= this.view.fromMs && startMs <= this.view.toMs;
  }

  hit(item, x, y, width, height, word = '') {
    const grown = Math.max(0, 8 - width); // a finger is wider than a pixel
    this.hits.push({ item, word, x: x - grown / 2, y, width: width + grown, height });
  }

  at(x, y) {
    return this.hits.findLast((hit) => x >= hit.x && x <= hit.x + hit.width && y >= hit.y && y < hit.y + hit.height) ?? null;
  }

  ruler(pen, box) {
    const stepMs = rulerStepMs(this.view.spanMs, this.width, 72);
    pen.font = theme.small;
    for (let ms = Math.floor(this.view.fromMs / stepMs) * stepMs; ms <= this.view.toMs; ms += stepMs) {
      const x = Math.round(this.x(ms));
      pen.fillStyle = theme.line;
      pen.globalAlpha = 0.55;
      pen.fillRect(x, box.height - 5, 1, this.height);
      pen.globalAlpha = 1;
      pen.fillStyle = theme.faint;
      pen.fillText(clockWords(ms, stepMs), x + 4, box.height / 2);
    }
    pen.font = theme.font;
  }

  far(pen, box, marks) {
    for (const item of this.call.items) {
      if (item.kind !== 'turn' || !this.seen(item.startMs, Math.max(item.endMs, item.of.decided_ms))) continue;
      const turn = item.of;
      const left = this.x(turn.start_ms);
      const right = this.x(turn.end_ms);
      pen.fillStyle = theme['far-soft'];
      pen.fillRect(left, box.y + 2, Math.max(1, right - left), box.height - 4);
      for (const [fromMs, toMs] of turn.pauses) this.hatched(pen, this.x(fromMs), this.x(toMs), box, theme.far, 0.18);
      if (turn.decided_ms) this.hatched(pen, right, this.x(turn.decided_ms), box, theme.far, 0.5);
      this.hit(item, left, box.y, Math.max(right, turn.decided_ms ? this.x(turn.decided_ms) : 0) - left, box.height);
    }
    paintWave(pen, this.call.tracks.far, box, this.view, theme.far);
    for (const item of this.call.items) {
      if (item.kind === 'turn' && item.of.decided_ms && this.seen(item.of.decided_ms, item.of.decided_ms)) this.decision(pen, box, item);
    }
  }

  // A diamond where the turn was judged over, with what was waited for.
  decision(pen, box, item) {
    const x = this.x(item.of.decided_ms);
    const y = box.y + 9;
    pen.fillStyle = theme.far;
    pen.fillRect(x - 0.5, box.y + 2, 1.5, box.height - 4);
    pen.beginPath();
    pen.moveTo(x, y - 6);
    pen.lineTo(x + 6, y);
    pen.lineTo(x, y + 6);
    pen.lineTo(x - 6, y);
    pen.fill();
    const next = this.call.items.find((other) => other.kind === 'turn' && other.startMs >= item.of.decided_ms);
    const room = (next ? this.x(next.startMs) : this.gutter + this.width) - x - 14;
    pen.font = theme.small;
    pen.fillStyle = theme.text;
    const words = clipped(pen, `${item.of.hangover_ms} ms: ${item.of.reason}`, Math.min(room, 260));
    pen.fillText(words, x + 10, y);
    this.hit(item, x - 6, box.y, 16 + pen.measureText(words).width, 18);
    pen.font = theme.font;
  }

  hatched(pen, left, right, box, colour, strength) {
    if (right - left < 1) return;
    pen.save();
    pen.beginPath();
    pen.rect(left, box.y + 2, right - left, box.height - 4);
    pen.clip();
    pen.strokeStyle = colour;
    pen.globalAlpha = strength;
    pen.beginPath();
    for (let x = left - box.height; x < right; x += 5) {
      pen.moveTo(x, box.y + box.height);
      pen.lineTo(x + box.height, box.y);
    }
    pen.stroke();
    pen.restore();
  }

  agent(pen, box) {
    for (const item of this.call.items) {
      if (item.kind !== 'said' || !this.seen(item.startMs, item.endMs)) continue;
      const left = this.x(item.startMs);
      const width = Math.max(1, this.x(item.endMs) - left);
      pen.fillStyle = theme[item.of.who === 'operator' ? 'operator-soft' : 'agent-soft'];
      pen.fillRect(left, box.y + 2, width, box.height - 4);
      this.hit(item, left, box.y, width, box.height);
    }
    paintWave(pen, this.call.tracks.agent, box, this.view, theme.agent);
    for (const item of this.call.items) {
      if (item.kind !== 'said' || !this.seen(item.startMs, item.endMs)) continue;
      const marks = [item.of.from_cache ? 'cache' : '', item.of.cut ? 'cut off' : '', item.of.who === 'operator' ? 'operator' : ''];
      const words = marks.filter(Boolean).join(', ');
      pen.font = theme.small;
      pen.fillStyle = item.of.cut ? theme.bad : theme.text;
      pen.fillText(clipped(pen, words, this.x(item.endMs) - this.x(item.startMs) - 8), this.x(item.startMs) + 5, box.y + 10);
      if (item.of.cut) {
        pen.fillStyle = theme.bad;
        pen.fillRect(this.x(item.endMs) - 1, box.y + 2, 2, box.height - 4);
      }
      pen.font = theme.font;
    }
  }

  // The waterfall of each answer in its true place: from the end of their speech to our first sound.
  answers(pen, box) {
    const inner = { y: box.y + 5, height: 13 };
    let freeFrom = -Infinity;
    for (const item of this.call.items) {
      const latency = item.kind === 'turn' ? item.of.latency : null;
      if (!latency || !this.seen(latency.start_ms, latency.end_ms)) continue;
      let left = this.x(latency.start_ms);
      const first = left;
      for (const [part, ms] of latency.parts) {
        const width = this.x(latency.start_ms + Math.max(0, ms)) - this.x(latency.start_ms);
        pen.fillStyle = theme[`part-${part}`];
        pen.fillRect(left, inner.y, width, inner.height);
        left += width;
      }
      pen.fillStyle = theme.text;
      pen.fillRect(left - 0.5, inner.y - 3, 1.5, inner.height + 6);
      pen.font = theme.small;
      const words = `${Math.round(latency.whole_ms)} ms`;
      const wide = pen.measureText(words).width;
      if (left + 5 > freeFrom) {
        pen.fillText(words, left + 5, inner.y + inner.height / 2);
        freeFrom = left + wide + 10;
      }
      this.hit(item, first, box.y, left - first + wide + 8, box.height);
      pen.font = theme.font;
    }
  }

  states(pen, box) {
    pen.font = theme.small;
    for (const [fromMs, toMs, state] of this.call.states) {
      if (!this.seen(fromMs, toMs)) continue;
      const left = Math.max(this.gutter, this.x(fromMs));
      const width = this.x(toMs) - left;
      pen.fillStyle = theme[STATE_COLOURS[state] ?? 'raised'];
      pen.fillRect(left, box.y + 2, Math.max(1, width - 1), box.height - 4);
      pen.fillStyle = theme.text;
      pen.fillText(clipped(pen, state.replaceAll('_', ' '), width - 8), left + 4, box.y + box.height / 2);
    }
    pen.font = theme.font;
  }

  // Pills; each has room for its words up to the next one.
  events(pen, box, items) {
    const colours = { good: ['good-soft', 'good'], warn: ['warn-soft', 'warn'], bad: ['bad-soft', 'bad'], '': ['raised', 'faint'] };
    items.forEach((item, place) => {
      if (!this.seen(item.startMs, Math.max(item.endMs, item.startMs + this.view.spanMs / 4))) return;
      const [ground, edge] = colours[item.of.tone] ?? colours[''];
      const left = this.x(item.startMs);
      const next = items[place + 1] ? this.x(items[place + 1].startMs) : this.gutter + this.width;
      const span = this.x(item.endMs) - left;
      pen.font = theme.small;
      const whole = Math.min(240, pen.measureText(item.title).width + 12);
      const before = items[place - 1] ? this.x(Math.max(items[place - 1].startMs, items[place - 1].endMs)) : this.gutter;
      const leftwards = !items[place + 1] && next - left < whole && left - before > whole + 60; // at the call's end
      const words = clipped(pen, item.title, leftwards ? whole - 12 : Math.min(next - left - 14, 240));
      const width = Math.max(span, words ? pen.measureText(words).width + 12 : 4);
      const begin = leftwards ? left - width : left;
      pen.fillStyle = theme[ground];
      pen.fillRect(begin, box.y + 4, width, box.height - 8);
      pen.fillStyle = theme[edge];
      pen.fillRect(left - (leftwards ? 2 : 0), box.y + 3, 2, box.height - 6);
      pen.fillStyle = theme.text;
      pen.fillText(words, begin + 7, box.y + box.height / 2);
      this.hit(item, begin, box.y, leftwards ? width : Math.min(width, Math.max(6, next - left)), box.height);
      pen.font = theme.font;
    });
  }

  words(pen, box, items, colour) {
    items.forEach((item, place) => {
      const untilMs = items[place + 1]?.startMs ?? this.call.length_ms;
      if (this.seen(item.startMs, untilMs)) paintWords(this, pen, box, item, Math.max(untilMs, item.endMs), colour);
    });
  }

  chosen(pen, item) {
    if (!item) return;
    pen.strokeStyle = theme.select;
    pen.lineWidth = 2;
    for (const hit of this.hits.filter((each) => each.item === item && !each.word)) {
      pen.strokeRect(hit.x, hit.y + 1.5, hit.width, hit.height - 3);
    }
    pen.lineWidth = 1;
  }

  line(pen, ms, colour, width) {
    if (ms === null || !this.seen(ms, ms)) return;
    pen.fillStyle = colour;
    pen.fillRect(this.x(ms) - width / 2, 0, width, this.height);
  }

  // Beside the lanes where there is room, else small on top of them.
  labels(pen, gutter) {
    if (gutter) {
      pen.fillStyle = theme.card;
      pen.fillRect(0, 0, gutter, this.height);
      pen.fillStyle = theme.line;
      pen.fillRect(gutter - 1, 0, 1, this.height);
    }
    for (const lane of this.lanes) {
      const colour = { far: 'far', agent: 'agent' }[lane.kind] ?? 'faint';
      pen.fillStyle = theme[colour];
      if (gutter) pen.fillText(lane.label, 12, lane.y + lane.height / 2);
      else if (lane.kind === 'far' || lane.kind === 'agent') pen.fillText(lane.label, 6, lane.y + lane.height - 9);
    }
  }
}
