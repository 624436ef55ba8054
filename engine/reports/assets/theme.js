// The style sheet's colours, for canvases; read again when light becomes dark, or paper.

const theme = {};

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['ground', 'card', 'raised', 'line', 'text', 'faint', 'accent', 'far', 'far-soft', 'agent', 'agent-soft',
    'operator', 'operator-soft', 'good', 'warn', 'bad', 'good-soft', 'warn-soft', 'bad-soft', 'select', 'part-endpoint',
    'part-asr', 'part-cache', 'part-llm', 'part-tts', 'part-playback', 'part-hops']) {
    theme[name] = style.getPropertyValue(`--${name}`).trim();
  }
  theme.font = '12px system-ui, "Segoe UI", Roboto, sans-serif';
  theme.small = '11px system-ui, "Segoe UI", Roboto, sans-serif';
}

function onThemeChange(changed) {
  for (const query of ['(prefers-color-scheme: dark)', 'print']) {
    matchMedia(query).addEventListener('change', () => {
      readTheme();
      changed();
    });
  }
}

// A canvas of so many CSS pixels, sharp on whatever screen.
function sized(canvas, width, height) {
  const scale = Math.min(3, window.devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext('2d');
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.textBaseline = 'middle';
  pen.font = theme.font;
  return pen;
}

// Text cut to a width, with an ellipsis; '' where not even that has room.
function clipped(pen, text, width) {
  if (width < 14 || !text) return '';
  if (pen.measureText(text).width <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pen.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low ? `${text.slice(0, low).trimEnd()}…` : '';
}
