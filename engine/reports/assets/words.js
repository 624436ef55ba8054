// The words under a voice: each at its place where there is room, else what fits of the whole up to the next voice.

const WORD_GAP_PX = 4;
const WORD_LATE_PX = 14; // so far behind its place may a short word be pushed by the one before it

function paintWords(painter, pen, box, item, untilMs, colour) {
  if (item.endMs < painter.view.fromMs) return;
  const y = box.y + box.height / 2 - 1;
  pen.font = theme.font;
  const places = placesOf(painter, pen, item.of.words);
  if (places) {
    for (const { word, x, wide } of places) {
      pen.fillStyle = colour;
      pen.globalAlpha = 0.5;
      pen.fillRect(x, box.y + box.height - 3, wide, 2);
      pen.globalAlpha = 1;
      pen.fillStyle = theme.text;
      pen.fillText(word, x, y);
      painter.hit(item, x, box.y, wide, box.height, word);
    }
    return;
  }
  const left = painter.x(item.startMs);
  const width = painter.x(item.endMs) - left;
  const begin = Math.max(left, painter.gutter);
  const shown = clipped(pen, item.of.said ?? item.of.text ?? '', painter.x(untilMs) - begin - 8);
  pen.fillStyle = shown ? theme.text : colour;
  if (shown) pen.fillText(shown, begin + 1, y);
  else pen.fillRect(left, y - 1, Math.max(2, width), 2);
  painter.hit(item, left, box.y, Math.max(width, shown ? pen.measureText(shown).width : 0), box.height);
}

// Where each word begins; null where they are too near to one another for that.
function placesOf(painter, pen, words) {
  const places = [];
  let free = -Infinity;
  for (const [fromMs, , word] of words) {
    const own = painter.x(fromMs);
    const x = Math.max(own, free);
    if (x - own > WORD_LATE_PX) return null;
    const wide = pen.measureText(word).width;
    places.push({ word, x, wide });
    free = x + wide + WORD_GAP_PX;
  }
  return places.length ? places : null;
}
