/** Which module fills which page, by its address. */

/** Addresses with the module of their page and their entry in the menu. The page gets what stands
 * in the braces as `args`. */
const ROUTES = [
  ['/', 'films', 'films'],
  ['/film/{movie_id}', 'film', 'films'],
  ['/evenings', 'evenings', 'evenings'],
  ['/announce', 'announce', 'films'],
  ['/evening/{announcement_id}', 'evening', 'evenings'],
  ['/evening/{announcement_id}/change', 'change', 'evenings'],
  ['/evening/{announcement_id}/history', 'history', 'evenings'],
  ['/invited/{token}', 'invited', 'evenings'],
  ['/mine', 'mine', 'mine'],
  ['/plan', 'plan', 'plan'],
  ['/notices', 'notices', 'notices'],
  ['/preferences', 'preferences', 'notices'],
  ['/person/{user_id}', 'person', 'person'],
  ['/report', 'report', ''],
].map(([address, page, section]) => ({ pattern: patternOf(address), page, section }));

function patternOf(address) {
  return RegExp(`^${address.replace(/{\w+}/g, '([^/]+)')}$`);
}

/** Find the page of an address. Returns `{ page, section, args }`, or null. */
export function findRoute(path) {
  for (const { pattern, ...route } of ROUTES) {
    const found = pattern.exec(path);
    if (found) return { ...route, args: found.slice(1) };
  }
  return null;
}

let show = () => {};

/** Go to an address of ours. `replace` leaves no step for the back button. */
export function go(address, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', address);
  show();
}

/** Have `onShow()` called for the address now, after each click on a link of ours, and when the
 * person goes back. */
export function startRouter(onShow) {
  show = onShow;
  document.addEventListener('click', followLink);
  addEventListener('popstate', show);
  show();
}

function followLink(event) {
  const link = event.target.closest('a[href^="/"]:not([download]):not([target])');
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  if (!link || !plain || !findRoute(link.pathname)) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
