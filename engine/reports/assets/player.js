// The recording. Its own controls are for pages without a script; here it moves with the timeline.

class Player {
  // moved: told the place in ms since the call began, and whether it plays. failed: told that this browser cannot.
  constructor(box, moved, failed) {
    this.audio = box?.querySelector('audio') ?? null;
    this.moved = moved;
    if (!this.audio) return;
    this.beganMs = Number(box.dataset.beganMs);
    this.untilMs = Infinity;
    box.hidden = true;
    this.audio.addEventListener('error', failed);
    for (const name of ['play', 'pause', 'seeked', 'ended']) this.audio.addEventListener(name, () => this.tell());
  }

  get there() {
    return this.audio !== null;
  }

  get on() {
    return this.there && !this.audio.paused;
  }

  get atMs() {
    return this.beganMs + this.audio.currentTime * 1000;
  }

  seek(atMs) {
    if (!this.there) return;
    this.untilMs = Infinity;
    this.audio.currentTime = Math.max(0, (atMs - this.beganMs) / 1000);
  }

  // A stretch, with a breath before and after it.
  stretch(fromMs, toMs) {
    if (!this.there) return;
    this.seek(fromMs - 150);
    this.untilMs = toMs + 150;
    this.start();
  }

  start() {
    Player.playing?.audio.pause();
    Player.playing = this;
    this.audio.play().catch(() => this.tell());
  }

  toggle() {
    if (!this.there) return;
    this.untilMs = Infinity;
    if (this.on) this.audio.pause();
    else this.start();
  }

  tell() {
    cancelAnimationFrame(this.asked);
    if (this.on && this.atMs >= this.untilMs) {
      this.untilMs = Infinity;
      this.audio.pause();
    }
    this.moved(this.atMs, this.on);
    if (this.on) this.asked = requestAnimationFrame(() => this.tell());
  }
}
