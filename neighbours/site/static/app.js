/** The site: a frame with a menu, and in it the page of the address (`shell/page.js`). */

import { html, render } from './vendor/lit-html.js';
import { Problem } from './api/client.js';
import { endEarly } from './api/early.js';
import { readsOf } from './api/reads.js';
import { follow } from './api/stream.js';
import { ask, notice, sayAtFields, whoAreYou } from './parts/action.js';
import { begunForms } from './parts/form.js';
import { findRoute, go, startRouter } from './shell/router.js';
import { Session } from './shell/session.js';
import { switchLanguage, words } from './words/index.js';

const say = words.menu;

/** After so long a page is said to be on its way. */
const LATE_MS = 150;
/** Another attempt would have the same answer. */
const FINAL = [403, 404, 409, 422];

class App {
  session = new Session();
  #page = null;
  #failure = null;
  #section = '';
  #name = '';
  #visit = new AbortController();
  #connected = true;
  #isLate = false;
  #asksLogin = false;
  #path = '';
  #announced = '';

  /** Open the page of the address, scrolled as far as it was when it was left. */
  async show(scrollY = 0) {
    this.#visit.abort();
    const visit = (this.#visit = new AbortController());
    const route = findRoute(location.pathname);
    this.#section = route?.section ?? '';
    this.#failure = null;
    this.#connected = true;
    this.#name = '';
    const late = setTimeout(() => {
      if (visit.signal.aborted) return;
      this.#isLate = true;
      this.redraw();
    }, LATE_MS);
    try {
      await this.session.prepare();
      if (!route) throw new Problem(404, {});
      const { default: PageOf } = await import(`./pages/${route.page}.js`);
      this.#name = PageOf.title;
      if (!PageOf.isOpen && !this.session.person) throw new Problem(401, {});
      const page = await PageOf.open(this.#contextOf(visit, route, scrollY));
      if (visit.signal.aborted) return;
      this.#page = page;
    } catch (error) {
      if (visit.signal.aborted) return;
      this.#fail(error);
    } finally {
      clearTimeout(late);
      endEarly();
    }
    this.#isLate = false;
    this.#arrive(scrollY);
  }

  /** Show the page that was opened. If it is another one than before, the keyboard goes on in its
   * content, and a screen reader says its title. */
  #arrive(scrollY) {
    const before = this.#path;
    this.#path = location.pathname;
    const isOther = before && before !== this.#path;
    if (isOther) this.#announced = this.#title();
    this.redraw();
    // lit-html keeps the fields of a page of the same kind, and what was written in them.
    document.querySelectorAll('main form').forEach((form) => form.reset());
    if (isOther) scrollTo(0, scrollY);
    const isLost = before && document.activeElement === document.body;
    if (isOther || isLost) document.querySelector('main').focus({ preventScroll: true });
  }

  #title() {
    return this.#page?.title || this.#name || words.brand;
  }

  #fail(error) {
    this.#page = null;
    this.#failure = error;
    this.redraw();
  }

  redraw() {
    const title = this.#title();
    document.title = title === words.brand ? title : `${title} · ${words.brand}`;
    render(this.#frame(), document.body);
    this.#page?.drawn();
  }

  #contextOf(visit, { page, args }, scrollY) {
    const query = new URLSearchParams(location.search);
    return {
      args,  // What the address names.
      query,
      reads: readsOf(page, args[0], query, this.session.person?.id),
      api: this.session.api,
      person: this.session.person,
      session: this.session,
      become: (login) => this.#choosePerson(login),
      go,
      fail: (error) => visit.signal.aborted || this.#fail(error),
      // What was seen before is not taken away.
      isWhole: scrollY > 0 || location.pathname === this.#path,
      redraw: () => visit.signal.aborted || this.redraw(),
      /** Have `tell({ name, data })` called for what changes while the page is open. */
      follow: (tell, announcementId) =>
        this.session.person &&
        follow(this.session.api, {
          announcementId,
          tell,
          connected: (yes) => {
            if (visit.signal.aborted || yes === this.#connected) return;
            this.#connected = yes;
            this.redraw();
          },
          signal: visit.signal,
        }),
      signal: visit.signal,  // It aborts when the page is left.
    };
  }

  #frame() {
    return html`
      <a class="skip" href="#main">${say.skip}</a>
      <header>
        <a class="brand" href="/"><img src=${new URL('icon.svg', import.meta.url)} alt="" width="28" height="28">
          ${words.brand}</a>
        <nav aria-label=${words.brand}>${this.#menu().map((entry) => this.#menuLink(entry))}</nav>
        <div class="who">
          ${this.#personMenu()}
          <button class="quiet" @click=${() => this.#switchLanguage()}>${say.language}</button>
        </div>
      </header>
      <p class="unseen" role="status">${this.#announced}</p>
      ${this.#connected ? '' : notice(say.offline, 'warning')}
      <main id="main" tabindex="-1" aria-busy=${Boolean(this.#isLate && this.#page)}>${this.#content()}</main>
    `;
  }

  #menu() {
    const { person } = this.session;
    const own = person ? [['mine', '/mine'], ['plan', '/plan'], ['notices', '/notices'],
      ['myself', `/person/${person.id}`]] : [];
    return [['films', '/'], ['evenings', '/evenings'], ...own];
  }

  #menuLink([name, address]) {
    const isHere = address === location.pathname || this.#section === name;
    return html`<a href=${address} aria-current=${isHere ? 'page' : 'false'}>${say[name]}</a>`;
  }

  /** Whether the page may be left, for which its forms are given up. */
  async mayLeave() {
    const forms = begunForms();
    if (forms.length && !await ask(say.loseForm, this.#visit)) return false;
    forms.forEach((form) => form.reset());
    return true;
  }

  async #switchLanguage() {
    if (await this.mayLeave()) switchLanguage();
  }

  #personMenu() {
    const { person, known } = this.session;
    if (this.#asksLogin) {
      return html`<form @submit=${({ target }) => this.#logIn(target.login.value.trim())}>
        <input name="login" required autocomplete="username"
          aria-label=${say.whoAreYou} placeholder=${say.whoAreYou}>
        <button>${say.logIn}</button>
      </form>`;
    }
    return html`<label><span class="quiet">${say.me}</span>
      <select data-role="person" @change=${({ target }) => this.#switchPerson(target)}>
        ${person ? '' : html`<option value="" selected>${say.logIn}</option>`}
        ${known.map(({ login, name }) => html`
          <option value=${login} .selected=${login === person?.login}>${name}</option>`)}
        <option value="?">${say.another}</option>
      </select></label>`;
  }

  /** The menu says who the person is, until it is somebody else. */
  async #switchPerson(menu) {
    const login = menu.value;
    menu.value = this.session.person?.login ?? '';
    if (await this.mayLeave()) this.#choosePerson(login);
  }

  #choosePerson(login) {
    if (login === '?') {
      this.#asksLogin = true;
      this.redraw();
      document.querySelector('input[name=login]').focus();
    } else if (login) this.#logIn(login);
  }

  async #logIn(login) {
    try {
      await this.session.logIn(login);
      this.#asksLogin = false;
    } catch (error) {
      if (!sayAtFields(error)) this.#fail(error);
      return;
    }
    await this.show();
  }

  #content() {
    if (this.#failure) return this.#explain(this.#failure);
    return this.#page ? this.#page.view() : html`<p class="quiet">${words.common.loading}</p>`;
  }

  #explain(failure) {
    if (!(failure instanceof Problem)) console.error(failure);
    if (failure.status === 401) {
      return html`<h1>${this.#title()}</h1>${whoAreYou(words.common.logInFirst, this.session.known,
        (login) => this.#choosePerson(login))}`;
    }
    const text = failure.status === 404 ? words.common.notFound : failure.message;
    const [name, address] = this.#menu().find(([one]) => one === this.#section) ?? ['films', '/'];
    return html`<h1>${this.#title()}</h1>${notice(text, 'problem')}
      ${FINAL.includes(failure.status) ? html`<a class="button" href=${address}>${say[name]}</a>`
        : html`<button @click=${() => location.reload()}>${words.common.again}</button>`}`;
  }
}

const app = new App();
startRouter((scrollY) => app.show(scrollY), () => app.mayLeave());
addEventListener('beforeunload', (event) => begunForms().length && event.preventDefault());
