/** Which module fills which page, by its address. */

/** Addresses with the module of their page and their entry in the menu. The page gets what stands
 * in the braces as `args`. */
const ROUTES = [
  ['/', 'films', 'films'],
  ['/film/{movie_id:uuid}', 'film', 'films'],
  ['/evenings', 'evenings', 'evenings'],
  ['/announce', 'announce', 'films'],
  ['/evening/{announcement_id:uuid}', 'evening', 'evenings'],
  ['/evening/{announcement_id:uuid}/change', 'change', 'evenings'],
  ['/evening/{announcement_id:uuid}/history', 'history', 'evenings'],
  ['/invited/{token}', 'invited', 'evenings'],
  ['/mine', 'mine', 'mine'],
  ['/figures', 'figures', 'mine'],
  ['/plan', 'plan', 'plan'],
  ['/notices', 'notices', 'notices'],
  ['/preferences', 'preferences', 'notices'],
  ['/person/{user_id:uuid}', 'person', ''],
  ['/data', 'data', 'myself'],
  ['/report', 'report', ''],
].map(([address, page, section]) => ({ pattern: patternOf(address), page, section }));

function patternOf(address) {
  const pattern = address.replace(/{\w+:uuid}/g, '([\\da-fA-F-]{36})').replace(/{\w+}/, '([^/]+)');
  return RegExp(`^${pattern}$`);
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
let shown = '';

/** Go to an address of ours. `replace` leaves no step for the back button. */
export function go(address, { replace = false } = {}) {
  if (!replace) history.replaceState({ scrollY }, '');
  history[replace ? 'replaceState' : 'pushState'](null, '', address);
  arrive();
}

/** Have `onShow(scrollY)` called for the address now, after each click on a link of ours, and when
 * the person goes back: then with how far the page was scrolled. `mayLeave` is asked before. */
export function startRouter(onShow, mayLeave) {
  show = onShow;
  document.addEventListener('click', (event) => followLink(event, mayLeave));
  history.scrollRestoration = 'manual';
  addEventListener('popstate', async ({ state }) => {
    // The address of a place in the page, such as its content, is no other page.
    if (location.pathname + location.search === shown) return;
    if (await mayLeave()) arrive(state?.scrollY);
    else history.pushState(null, '', shown);
  });
  arrive();
}

function arrive(scrollY) {
  shown = location.pathname + location.search;
  show(scrollY);
}

async function followLink(event, mayLeave) {
  const link = event.target.closest('a[href^="/"]:not([download]):not([target])');
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  if (!link || !plain || !findRoute(link.pathname)) return;
  event.preventDefault();
  if (await mayLeave()) go(link.pathname + link.search);
}
