// One call of the page: timeline, table, chosen moment and sound, kept in step.

class CallView {
  constructor(article) {
    this.article = article;
    this.call = readCall(article);
    this.panel = article.querySelector('.detail');
    this.rows = new Map([...article.querySelectorAll('tr[data-item]')].map((row) => [row.dataset.item, row]));
    this.player = new Player(article.querySelector('.player'), (atMs, on) => this.moved(atMs, on), () => {
      this.place.textContent = 'This browser cannot play Opus.';
    });
    this.stage = new Stage(article.querySelector('.stage'), this.call, {
      choose: (item, atMs) => this.choose(item, atMs, 'stage'),
      play: (item) => this.play(item),
    });
    this.controls();
    for (const element of article.querySelectorAll('[data-item]')) {
      element.addEventListener('click', (event) => this.onRow(event, element));
    }
  }

  choose(item, atMs, from) {
    if (atMs !== null && this.player.there && !this.player.on) this.player.seek(atMs);
    this.stage.choose(item, from !== 'stage' || atMs === null);
    for (const row of this.rows.values()) row.classList.remove('chosen');
    const row = item && this.rows.get(item.key);
    row?.classList.add('chosen');
    showDetail(this.panel, item, {
      play: this.player.there ? (each) => this.play(each) : null,
      key: (key) => this.choose(this.call.byKey.get(key), null, 'panel'),
    });
  }

  play(item) {
    this.player.stretch(item.startMs, Math.max(item.endMs, item.startMs + 400));
  }

  // A row is chosen by a click anywhere, and played by one on its time.
  onRow(event, element) {
    const item = this.call.byKey.get(element.dataset.item);
    if (!item) return;
    this.choose(item, item.startMs, 'row');
    if (event.target.closest('.at')) this.play(item);
  }

  moved(atMs, on) {
    this.stage.playing(atMs);
    this.playButton.textContent = on ? '❚❚ pause' : '▶ play';
    this.place.replaceChildren(made('b', clockWords(atMs)), ` of ${clockWords(this.call.length_ms)}`);
    for (const [key, row] of this.rows) {
      const item = this.call.byKey.get(key);
      row.classList.toggle('playing', on && item.kind !== 'event' && atMs >= item.startMs && atMs < item.endMs);
    }
  }

  controls() {
    const { bar } = this.stage;
    const button = (words, label, done, className = '') => {
      const made_ = made('button', words, className);
      made_.type = 'button';
      made_.title = label;
      made_.setAttribute('aria-label', label);
      made_.addEventListener('click', done);
      return made_;
    };
    const group = (...children) => {
      const box = made('div', '', 'group');
      box.append(...children);
      bar.append(box);
    };
    this.playButton = button('▶ play', 'Play or pause (space)', () => this.player.toggle(), 'play');
    this.place = made('span', '', 'clock');
    if (this.player.there) {
      const speed = document.createElement('select');
      speed.setAttribute('aria-label', 'Speed');
      for (const times of [0.5, 0.75, 1, 1.25, 1.5, 2]) speed.append(new Option(`${times}×`, times, times === 1, times === 1));
      speed.addEventListener('change', () => { this.player.audio.playbackRate = Number(speed.value); });
      group(this.playButton, this.place, speed);
      this.place.replaceChildren(made('b', clockWords(0)), ` of ${clockWords(this.call.length_ms)}`);
    } else group(made('span', 'No sound in this report', 'faint'));
    bar.append(made('span', '', 'space'));
    group(
      button('−', 'Farther away (-)', () => this.stage.zoom(STEP)),
      button('+', 'Nearer (+)', () => this.stage.zoom(1 / STEP)),
      button('whole call', 'The whole call (0)', () => this.stage.fit()),
    );
  }
}
