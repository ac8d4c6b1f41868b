/** Starts the console: routes, the stream, the bars around the page. */

import { ChainState } from './chain-state.js';
import { h } from './dom.js';
import { Live } from './live.js';
import { ROUTES, SECTIONS } from './routes.js';
import { hrefOf, resolve } from './router.js';
import * as absent from './pages/absent.js';
import { chooseNextTheme, chosenTheme } from './theme.js';
import { View } from './view.js';
import { mountWalletButton, signedIn } from './wallet/mounts.js';

const CLOCK_MS = 5_000;

const byId = (id) => document.getElementById(id);
const main = byId('main');
const live = new Live();
const view = new View(main);
const chainState = new ChainState(byId('chain-state'), byId('notice'), live);

function showPage({ first = false } = {}) {
  const { page, params, query, path } = resolve(location.hash, ROUTES);
  const update = (changes) => location.assign(hrefOf(path, { ...query, ...changes }));
  const moved = path !== showPage.path;
  showPage.path = path;
  markSection(path);
  view.open(page ?? absent, { params, query, path, update, session: signedIn }).then(() => {
    if (moved && !first) arrive();
  });
}

/** Whoever hears or tabs through the page is put where a new page begins. */
function arrive() {
  scrollTo(0, 0);
  byId('heading')?.focus({ preventScroll: true });
}

function markSection(path) {
  for (const link of byId('sections').querySelectorAll('a')) {
    const section = link.getAttribute('href').slice(1);
    const here = section === '/' ? path === '/' : path === section || path.startsWith(`${section}/`);
    if (!here) {
      link.removeAttribute('aria-current');
      continue;
    }
    link.setAttribute('aria-current', path === section ? 'page' : 'true');
    // On a phone the bar is wider than the window.
    link.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
}

function nameTheme() {
  byId('theme').textContent = `Theme: ${chosenTheme()}`;
}

byId('sections').append(h('ul', null, SECTIONS.map(([path, name]) => h('li', null, h('a', { href: hrefOf(path) }, name)))));
byId('skip').onclick = (event) => {
  event.preventDefault();
  main.focus();
};
byId('theme').onclick = () => {
  chooseNextTheme();
  nameTheme();
};
nameTheme();

live.addEventListener('block', () => view.moved('block'));
live.addEventListener('state', ({ detail }) => {
  chainState.draw();
  if (detail === 'live') view.moved('block');
});
view.addEventListener('loaded', ({ detail }) => chainState.pageShows(detail?.as_of ?? null));
view.addEventListener('failed', ({ detail }) => chainState.pageFailed(detail));
setInterval(() => {
  if (document.hidden) return;
  view.moved('clock');
  if (live.state === 'lost') view.moved('block'); // the stream is away, the API may be there
  chainState.look();
}, CLOCK_MS);
document.addEventListener('visibilitychange', () => document.hidden || view.seen());
addEventListener('hashchange', () => showPage());
addEventListener('pagehide', () => live.stop());
addEventListener('pageshow', () => live.start());

const restored = mountWalletButton(byId('wallet'), live, () => view.again());
live.start();
chainState.look();
// What a page may show can depend on who is signed in.
restored.finally(() => showPage({ first: true }));
