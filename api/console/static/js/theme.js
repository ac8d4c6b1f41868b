/** Light or dark: what the person chose here, else what the system says. Loaded first, so that nothing flashes. */

const KEY = 'covenant.theme';
const CHOICES = ['system', 'light', 'dark'];

export function chosenTheme() {
  try {
    const kept = localStorage.getItem(KEY);
    return CHOICES.includes(kept) ? kept : 'system';
  } catch {
    return 'system'; // storage is forbidden here
  }
}

/** The choice after this one; it is kept where the browser allows. */
export function chooseNextTheme() {
  const next = CHOICES[(CHOICES.indexOf(chosenTheme()) + 1) % CHOICES.length];
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // it holds for this page then
  }
  apply(next);
  return next;
}

function apply(choice) {
  if (choice === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  document.dispatchEvent(new Event('themechange'));
}

apply(chosenTheme());
