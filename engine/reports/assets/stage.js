// The timeline as an element: looks at keys, wheel and pointer, and tells what was asked for.

const GUTTER_PX = 96;
const NARROW_PX = 640;
const STEP = 1.5; // of one zoom
const HINT = [
  ['wheel', 'or'], ['+', ''], ['−', 'zoom,'], ['drag', 'or'], ['shift', ''], ['←', ''], ['→', 'move,'], ['←', ''], ['→', 'choose,'],
  ['enter', 'play it,'], ['space', 'play or pause,'], ['0', 'the whole call'],
];

function made(name, words = '', className = '') {
  const element = document.createElement(name);
  element.textContent = words;
  if (className) element.className = className;
  return element;
}

class Stage {
  // told: {choose(item, atMs), play(fromMs, toMs), toggle()}
  constructor(root, call, told) {
    this.root = root;
    this.call = call;
    this.told = told;
    this.view = new View(call.length_ms);
    this.whole = new View(call.length_ms);
    this.painter = new LanesPainter(call);
    this.marks = { chosen: null, cursorMs: null, playMs: null };
    this.bar = made('div', '', 'bar');
    this.overview = made('canvas', '', 'overview');
    this.canvas = made('canvas', '', 'lanes');
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'application');
    this.canvas.setAttribute('aria-label', 'Timeline of the call. Left and right arrow choose what happened; the table below has the same as text.');
    this.tip = made('div', '', 'tip');
    this.tip.hidden = true;
    const hint = made('div', '', 'hint');
    for (const [key, words] of HINT) hint.append(made('kbd', key), ` ${words} `);
    root.append(this.bar, this.overview, this.canvas, this.tip, hint);
    root.hidden = false;
    this.listen();
    new ResizeObserver(() => this.paint()).observe(root);
  }

  // --- painting ---------------------------------------------------------------------------------

  paint() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.paintNow();
    });
  }

  paintNow() {
    const width = this.root.clientWidth;
    if (!width) return;
    this.gutter = width < NARROW_PX ? 0 : GUTTER_PX;
    const top = sized(this.overview, width, 44);
    top.translate(this.gutter, 0);
    paintOverview(top, this.call, width - this.gutter, 44, this.whole, this.view, this.marks.playMs);
    this.painter.paint(sized(this.canvas, width, this.painter.height), width, this.gutter, this.view, this.marks);
  }

  get width() {
    return this.root.clientWidth - this.gutter;
  }

  ms(event) {
    return this.view.ms(event.offsetX - this.gutter, this.width);
  }

  // --- what is shown --------------------------------------------------------------------------------

  // Towards a place; without one, towards what is played or chosen and can be seen, else the middle.
  zoom(factor, atMs = null) {
    const seen = [this.marks.playMs, this.marks.chosen?.startMs].find((ms) => ms > this.view.fromMs && ms < this.view.toMs);
    this.view.zoom(factor, atMs ?? seen ?? (this.view.fromMs + this.view.toMs) / 2);
    this.paint();
  }

  fit() {
    this.view.fit();
    this.paint();
  }

  choose(item, reveal = true) {
    this.marks.chosen = item;
    if (item && reveal) this.view.reveal(item.startMs, Math.max(item.endMs, item.of.decided_ms ?? 0));
    this.paint();
  }

  closeTo(item) {
    const spanMs = Math.max(1500, (item.endMs - item.startMs) * 1.4);
    this.view.place((item.startMs + item.endMs - spanMs) / 2, Math.min(spanMs, this.view.lengthMs));
    this.paint();
  }

  playing(atMs) {
    this.marks.playMs = atMs;
    if (atMs !== null && (atMs > this.view.toMs - this.view.spanMs * 0.05 || atMs < this.view.fromMs)) {
      this.view.place(atMs - this.view.spanMs * 0.1, this.view.spanMs);
    }
    this.paint();
  }

  // --- what is asked ------------------------------------------------------------------------------------

  listen() {
    const { canvas, overview } = this;
    canvas.addEventListener('wheel', (event) => this.onWheel(event), { passive: false });
    canvas.addEventListener('pointerdown', (event) => this.onDown(event));
    canvas.addEventListener('pointermove', (event) => this.onMove(event));
    canvas.addEventListener('pointerup', (event) => this.onUp(event));
    canvas.addEventListener('pointercancel', () => this.letGo());
    canvas.addEventListener('pointerleave', () => this.onLeave());
    canvas.addEventListener('dblclick', (event) => {
      const hit = this.painter.at(event.offsetX, event.offsetY);
      if (hit) this.closeTo(hit.item);
    });
    canvas.addEventListener('keydown', (event) => this.onKey(event));
    const place = (event) => {
      const atMs = this.whole.ms(event.offsetX - this.gutter, this.width);
      this.view.place(atMs - this.view.spanMs / 2, this.view.spanMs);
      this.paint();
    };
    overview.addEventListener('pointerdown', (event) => {
      overview.setPointerCapture(event.pointerId);
      place(event);
    });
    overview.addEventListener('pointermove', (event) => event.buttons && place(event));
  }

  // Without a click into the timeline first, the wheel goes on scrolling the page.
  onWheel(event) {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (!sideways && !event.ctrlKey && !event.metaKey && document.activeElement !== this.canvas) return;
    event.preventDefault();
    const delta = sideways ? event.deltaX || event.deltaY : event.deltaY;
    if (sideways) {
      this.view.pan((delta / this.width) * this.view.spanMs);
      this.paint();
    } else this.zoom(2 ** (Math.max(-120, Math.min(120, delta)) / 240), this.ms(event));
  }

  onDown(event) {
    this.drag = { x: event.offsetX, fromMs: this.view.fromMs, moved: false };
    this.canvas.setPointerCapture(event.pointerId);
  }

  onMove(event) {
    if (this.drag && (this.drag.moved || Math.abs(event.offsetX - this.drag.x) > 4)) {
      this.drag.moved = true;
      this.canvas.classList.add('dragged');
      const byMs = ((this.drag.x - event.offsetX) / this.width) * this.view.spanMs;
      this.view.place(this.drag.fromMs + byMs, this.view.spanMs);
      this.tip.hidden = true;
    } else this.point(event);
    this.marks.cursorMs = event.offsetX >= this.gutter ? this.ms(event) : null;
    this.paint();
  }

  onUp(event) {
    const clicked = this.drag && !this.drag.moved;
    this.letGo();
    if (!clicked || event.offsetX < this.gutter) return;
    const hit = this.painter.at(event.offsetX, event.offsetY);
    this.told.choose(hit ? hit.item : null, this.ms(event));
  }

  letGo() {
    this.drag = null;
    this.canvas.classList.remove('dragged');
  }

  onLeave() {
    this.tip.hidden = true;
    this.marks.cursorMs = null;
    this.paint();
  }

  point(event) {
    const hit = event.offsetX >= this.gutter ? this.painter.at(event.offsetX, event.offsetY) : null;
    const atMs = this.ms(event);
    this.tip.hidden = !hit || event.pointerType === 'touch';
    if (this.tip.hidden) return;
    this.tip.replaceChildren(made('b', `${clockWords(atMs, 10)}  ${hit.word || hit.item.title}`), tipWords(hit.item));
    const left = event.offsetX + 14;
    const right = this.root.clientWidth - this.tip.offsetWidth - 8;
    this.tip.style.left = `${Math.max(4, left > right ? event.offsetX - this.tip.offsetWidth - 14 : left)}px`;
    this.tip.style.top = `${this.canvas.offsetTop + event.offsetY + 16}px`;
  }

  onKey(event) {
    const items = this.call.items;
    const at = items.indexOf(this.marks.chosen);
    const step = (by) => this.told.choose(items[at < 0 ? (by > 0 ? 0 : items.length - 1) : Math.min(items.length - 1, Math.max(0, at + by))], null);
    const keys = {
      '+': () => this.zoom(1 / STEP), '=': () => this.zoom(1 / STEP), '-': () => this.zoom(STEP), '0': () => this.fit(),
      ArrowRight: () => (event.shiftKey ? this.onPan(0.2) : step(1)), ArrowLeft: () => (event.shiftKey ? this.onPan(-0.2) : step(-1)),
      Home: () => this.onPan(-1e9), End: () => this.onPan(1e9),
      Enter: () => this.marks.chosen && this.told.play(this.marks.chosen),
      z: () => this.marks.chosen && this.closeTo(this.marks.chosen), Escape: () => this.told.choose(null, null),
    };
    const done = keys[event.key];
    if (!done || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    done();
  }

  onPan(share) {
    this.view.pan(share * this.view.spanMs);
    this.paint();
  }
}

function tipWords(item) {
  if (item.kind !== 'turn') return item.words;
  const turn = item.of;
  const decided = turn.decided_ms ? `\nover after ${turn.hangover_ms} ms: ${turn.reason}` : '';
  return `${item.words}${decided}`;
}
