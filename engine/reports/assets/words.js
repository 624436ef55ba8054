// The words under a voice: each at its place where there is room, else what fits of the whole up to the next voice.

function paintWords(painter, pen, box, item, untilMs, colour) {
  const left = painter.x(item.startMs);
  const width = painter.x(item.endMs) - left;
  const text = item.of.said ?? item.of.text ?? '';
  pen.font = theme.font;
  const apart = item.of.words.length && item.of.words.every(([fromMs, toMs, word]) => (
    pen.measureText(word).width + 4 <= painter.x(toMs) - painter.x(fromMs)
  ));
  if (!apart) {
    const begin = Math.max(left, painter.gutter);
    const shown = clipped(pen, text, painter.x(untilMs) - begin - 8);
    pen.fillStyle = shown ? theme.text : colour;
    if (shown) pen.fillText(shown, begin + 1, box.y + box.height / 2);
    else pen.fillRect(left, box.y + box.height / 2 - 1, Math.max(2, width), 2);
    painter.hit(item, left, box.y, Math.max(width, shown ? pen.measureText(shown).width : 0), box.height);
    return;
  }
  for (const [fromMs, toMs, word] of item.of.words) {
    const x = painter.x(fromMs);
    const wide = painter.x(toMs) - x;
    pen.fillStyle = colour;
    pen.globalAlpha = 0.5;
    pen.fillRect(x, box.y + box.height - 3, wide - 2, 2);
    pen.globalAlpha = 1;
    pen.fillStyle = theme.text;
    pen.fillText(word, x, box.y + box.height / 2 - 1);
    painter.hit(item, x, box.y, wide, box.height, word);
  }
}
