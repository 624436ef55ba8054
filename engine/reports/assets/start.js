// Each call is made ready when it is looked at for the first time; of several, one is shown.

readTheme();
const articles = [...document.querySelectorAll('article.call')];
const views = new Map();

function viewOf(article) {
  if (!views.has(article)) views.set(article, new CallView(article));
  return views.get(article);
}

const printed = matchMedia('print');

function shownCall() {
  const named = document.getElementById(location.hash.slice(1));
  const only = document.querySelector('.runs') ? null : articles[0];
  return articles.find((article) => article === named || article.contains(named)) ?? only;
}

function showCall() {
  const shown = shownCall();
  for (const article of articles) article.hidden = article !== shown;
  for (const link of document.querySelectorAll('nav.calls a')) {
    if (shown && link.getAttribute('href') === `#${shown.id}`) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
  if (!shown) return;
  viewOf(shown).stage.paint();
  if (location.hash) shown.scrollIntoView();
}

addEventListener('hashchange', showCall);
showCall();
onThemeChange(() => {
  for (const view of views.values()) if (printed.matches) view.stage.paintNow(); else view.stage.paint();
});

// Space belongs to the sound, wherever nothing else wants it.
addEventListener('keydown', (event) => {
  const taken = event.target.closest?.('button, input, select, summary, a, audio');
  const shown = shownCall();
  if (event.key !== ' ' || taken || event.ctrlKey || event.metaKey || event.altKey || !shown) return;
  const { player } = viewOf(shown);
  if (!player.there) return;
  event.preventDefault();
  player.toggle();
});

for (const table of document.querySelectorAll('table.runs')) setUpRuns(table);
