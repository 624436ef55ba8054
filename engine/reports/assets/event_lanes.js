// All lanes at once; those of answers, states and of what else happened.

const STATE_COLOURS = { listening: 'far-soft', thinking: 'warn-soft', speaking: 'agent-soft', on_hold: 'bad-soft' };

class LanesPainter extends VoiceLanes {
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

  // The waterfall of each answer in its true place: from the end of their speech to our first sound.
  answers(pen, box) {
    const inner = { y: box.y + 5, height: 13 };
    const answered = this.call.items.filter((item) => item.kind === 'turn' && item.of.latency);
    answered.forEach((item, place) => {
      const { latency } = item.of;
      if (!this.seen(latency.start_ms, latency.end_ms)) return;
      const next = answered[place + 1] ? this.x(answered[place + 1].of.latency.start_ms) : this.gutter + this.width;
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
      const wide = pen.measureText(words).width + 9;
      const room = left + wide <= next;
      if (room) pen.fillText(words, left + 5, inner.y + inner.height / 2);
      this.hit(item, first, box.y, left - first + (room ? wide : 0), box.height);
      pen.font = theme.font;
    });
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
      const other = items.findLast((each, at) => at < place && this.x(each.startMs) < left - 6);
      const before = other ? this.x(Math.max(other.startMs, other.endMs)) : this.gutter;
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

  chosen(pen, item) {
    if (!item) return;
    pen.strokeStyle = theme.select;
    pen.lineWidth = 2;
    for (const hit of this.hits.filter((each) => each.item === item && !each.word)) {
      pen.strokeRect(hit.x, hit.y + 1.5, hit.width, hit.height - 3);
    }
    pen.lineWidth = 1;
  }
}
