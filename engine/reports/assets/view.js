// Which part of a call is seen, and where on the screen its moments are. Knows no element.

class View {
  constructor(lengthMs) {
    this.lengthMs = Math.max(1000, lengthMs);
    this.leastMs = Math.min(400, this.lengthMs); // of the call on the whole screen; words are wide enough at that
    this.fit();
  }

  fit() {
    this.fromMs = 0;
    this.toMs = this.lengthMs;
  }

  get spanMs() {
    return this.toMs - this.fromMs;
  }

  x(ms, width) {
    return ((ms - this.fromMs) / this.spanMs) * width;
  }

  ms(x, width) {
    return this.fromMs + (x / width) * this.spanMs;
  }

  // Twice as near: 0.5. What is at `atMs` stays where it is.
  zoom(factor, atMs) {
    const spanMs = Math.min(this.lengthMs, Math.max(this.leastMs, this.spanMs * factor));
    const share = (atMs - this.fromMs) / this.spanMs;
    this.place(atMs - share * spanMs, spanMs);
  }

  pan(byMs) {
    this.place(this.fromMs + byMs, this.spanMs);
  }

  place(fromMs, spanMs) {
    this.fromMs = Math.min(Math.max(0, fromMs), this.lengthMs - spanMs);
    this.toMs = this.fromMs + spanMs;
  }

  // Moves as little as needed.
  reveal(fromMs, toMs) {
    if (fromMs >= this.fromMs && toMs <= this.toMs) return;
    const spanMs = Math.min(this.lengthMs, Math.max(this.spanMs, (toMs - fromMs) * 1.2));
    this.place((fromMs + toMs - spanMs) / 2, spanMs);
  }
}

// The step between two lines of a ruler: the smallest round one at which they are this far apart.
function rulerStepMs(spanMs, width, leastPx) {
  const steps = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 15000, 30000, 60000, 120000, 300000, 600000];
  return steps.find((step) => (step / spanMs) * width >= leastPx) ?? 1800000;
}

// 1:07.4; with more places where the step is finer.
function clockWords(ms, stepMs = 100) {
  const places = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : 2;
  const whole = Math.floor(Math.max(0, ms) / 1000 * 10 ** places + 1e-6) / 10 ** places;
  const seconds = (whole % 60).toFixed(places).padStart(places ? places + 3 : 2, '0');
  return `${Math.floor(whole / 60)}:${seconds}`;
}
