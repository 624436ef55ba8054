// The voices, the probability of speech, and the small picture of the whole call.

// box: {x, y, width, height} in CSS pixels; view: of the time on its width.
function paintWave(pen, track, box, view, colour) {
  const middle = box.y + box.height / 2;
  pen.fillStyle = theme.line;
  pen.fillRect(box.x, middle, box.width, 1);
  if (!track) return;
  pen.fillStyle = colour;
  const count = track.highs.length;
  for (let x = 0; x < box.width; x += 1) {
    const first = Math.max(0, Math.floor((view.ms(x, box.width) - track.startMs) / track.stepMs));
    const last = Math.min(count, Math.max(first + 1, Math.floor((view.ms(x + 1, box.width) - track.startMs) / track.stepMs)));
    let low = 0;
    let high = 0;
    for (let at = first; at < last; at += 1) {
      if (track.lows[at] < low) low = track.lows[at];
      if (track.highs[at] > high) high = track.highs[at];
    }
    const top = high * (box.height / 2 - 1);
    const bottom = low * (box.height / 2 - 1);
    if (top - bottom > 0.6) pen.fillRect(box.x + x, middle - top, 1, Math.max(1, top - bottom));
  }
}

function paintSpeech(pen, track, box, view) {
  if (!track) return;
  const bottom = box.y + box.height - 1;
  pen.strokeStyle = theme.line;
  pen.setLineDash([2, 3]);
  pen.beginPath();
  pen.moveTo(box.x, box.y + box.height / 2);
  pen.lineTo(box.x + box.width, box.y + box.height / 2);
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  pen.moveTo(box.x, bottom);
  for (let x = 0; x < box.width; x += 1) {
    const first = Math.max(0, Math.floor((view.ms(x, box.width) - track.startMs) / track.stepMs));
    const last = Math.max(first + 1, Math.floor((view.ms(x + 1, box.width) - track.startMs) / track.stepMs));
    let highest = 0;
    for (let at = first; at < last && at < track.values.length; at += 1) highest = Math.max(highest, track.values[at]);
    pen.lineTo(box.x + x, bottom - (Math.max(0, highest - 1) / 254) * (box.height - 2));
  }
  pen.lineTo(box.x + box.width, bottom);
  pen.closePath();
  pen.fillStyle = theme.far;
  pen.globalAlpha = 0.35;
  pen.fill();
  pen.globalAlpha = 1;
}

// The whole call in a strip; what is seen below stands out. whole: a view of all of it.
function paintOverview(pen, call, width, height, whole, view, atMs) {
  const half = { x: 0, width, height: height / 2 };
  paintWave(pen, call.tracks.far, { ...half, y: 0 }, whole, theme.far);
  paintWave(pen, call.tracks.agent, { ...half, y: height / 2 }, whole, theme.agent);
  const left = whole.x(view.fromMs, width);
  const right = whole.x(view.toMs, width);
  pen.fillStyle = theme.raised;
  pen.globalAlpha = 0.78;
  pen.fillRect(0, 0, left, height);
  pen.fillRect(right, 0, width - right, height);
  pen.globalAlpha = 1;
  pen.strokeStyle = theme.accent;
  pen.strokeRect(left + 0.5, 0.5, Math.max(2, right - left - 1), height - 1);
  if (atMs !== null) {
    pen.fillStyle = theme.bad;
    pen.fillRect(whole.x(atMs, width), 0, 1.5, height);
  }
}
