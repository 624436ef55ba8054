// The lanes of both voices: who speaks, when it was judged over and why, what was said.

class VoiceLanes extends Lanes {
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
      const shown = clipped(pen, words, this.x(item.endMs) - this.x(item.startMs) - 8);
      if (shown) {
        pen.fillStyle = theme.card;
        pen.fillRect(this.x(item.startMs) + 2, box.y + 3, pen.measureText(shown).width + 7, 15);
      }
      pen.fillStyle = item.of.cut ? theme.bad : theme.text;
      pen.fillText(shown, this.x(item.startMs) + 5, box.y + 11);
      if (item.of.cut) {
        pen.fillStyle = theme.bad;
        pen.fillRect(this.x(item.endMs) - 1, box.y + 2, 2, box.height - 4);
      }
      pen.font = theme.font;
    }
  }

  words(pen, box, items, colour) {
    items.forEach((item, place) => {
      const untilMs = items[place + 1]?.startMs ?? this.call.length_ms;
      if (this.seen(item.startMs, untilMs)) paintWords(this, pen, box, item, Math.max(untilMs, item.endMs), colour);
    });
  }
}
