// The lanes of the timeline, from top to bottom, where a moment is on them, and what can be pointed at.

const EVENT_LANES = [
  ['decision', 'Decisions'], ['sound', 'Sounds'], ['tool', 'Tools'], ['record', 'Record'], ['recording', 'Recording'],
  ['operator', 'Operator'], ['line', 'Line'], ['engine', 'Engine'],
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
  if (call.turns.some((turn) => turn.latency)) add('answer', 'Answer', 30);
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

// Where things are. After painting, `hits` are the boxes that belong to items.
class Lanes {
  constructor(call) {
    this.call = call;
    Object.assign(this, lanesOf(call));
    this.hits = [];
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
