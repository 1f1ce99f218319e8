/** The chat of an evening, live, for its host and the confirmed guests. */

import { html, nothing } from '../vendor/lit-html.js';
import { words } from '../words/index.js';
import { formatMoment } from './times.js';

const PAGE = 50;

export class Chat {
  #editing = null;
  #older = false;

  /** `page` is the page of the evening. */
  constructor(page) {
    this.page = page;
    /** By position, which is their order. */
    this.posts = new Map();
  }

  get #address() {
    return `/api/v1/announcement/${this.page.id}/posts`;
  }

  /** Read the newest posts. What was read before stays. */
  async refresh() {
    await this.#readBefore('');
  }

  async #readBefore(position) {
    const { api } = this.page;
    // An empty `before` means the end of the chat.
    const posts = await api.get(this.#address, { before: position, limit: PAGE });
    posts.forEach((post) => this.take(post));
    if (position !== '' || !this.#knowsOlder) this.#older = posts.length === PAGE;
    await this.#markRead();
  }

  get #knowsOlder() {
    return this.posts.size > PAGE;
  }

  /** Take a post that has just been written, changed or deleted. */
  take(post) {
    this.posts.set(post.position, post);
  }

  async #markRead() {
    const newest = Math.max(0, ...this.posts.keys());
    if (newest <= (this.marked ?? 0)) return;
    this.marked = newest;
    await this.page.api.put(`${this.#address}/read`, { position: newest });
  }

  view() {
    const posts = [...this.posts.values()].sort((one, other) => one.position - other.position);
    return html`<section>
      <h2>${words.chat.title}</h2>
      ${this.#older ? html`<button class="quiet" @click=${() => this.#readOlder(posts[0])}>
        ${words.chat.older}</button>` : nothing}
      <ol class="chat" role="log" aria-live="polite">${posts.map((post) => this.#post(post))}</ol>
      <form @submit=${(event) => this.#write(event)}>
        <input name="text" required maxlength="4000" autocomplete="off" data-role="post"
          aria-label=${words.chat.write} placeholder=${words.chat.write}>
        <button ?disabled=${this.page.actions.busy}>${words.chat.send}</button>
      </form></section>`;
  }

  #post(post) {
    const { person, isHost, actions } = this.page;
    const own = post.author_id === person.id;
    const gone = post.deleted || post.text === null;
    return html`<li class=${own ? 'own' : ''}>
      <span class="facts">${post.author_name},
        <time datetime=${post.created}>${formatMoment(post.created)}</time>
        ${post.modified !== post.created && !gone ? words.chat.changed : nothing}</span>
      ${this.#editing === post.post_id ? this.#editor(post)
        : html`<p class="text">${gone ? words.chat.deleted : post.text}</p>`}
      ${gone || this.#editing ? nothing : html`<span class="actions">
        ${own ? html`<button class="quiet" @click=${() => this.#edit(post)}>${words.chat.edit}</button>`
          : nothing}
        ${own || isHost ? html`<button class="quiet" ?disabled=${actions.busy}
          @click=${() => this.#delete(post)}>${words.chat.delete}</button>` : nothing}</span>`}
    </li>`;
  }

  #editor(post) {
    return html`<form @submit=${(event) => this.#change(event, post)}>
      <input name="text" required maxlength="4000" .defaultValue=${post.text}
        aria-label=${words.chat.edit}>
      <button ?disabled=${this.page.actions.busy}>${words.chat.save}</button></form>`;
  }

  #edit(post) {
    this.#editing = post.post_id;
    this.page.redraw();
  }

  async #write(event) {
    event.preventDefault();
    const form = event.target;
    const text = new FormData(form).get('text');
    const written = await this.page.actions.run(async () => {
      this.take(await this.page.api.post(this.#address, { text }));
    });
    if (written) form.reset();
  }

  async #change(event, post) {
    event.preventDefault();
    const text = new FormData(event.target).get('text');
    this.#editing = null;
    await this.page.actions.run(async () => {
      this.take(await this.page.api.put(`/api/v1/post/${post.post_id}`, { text }));
    });
  }

  #delete(post) {
    return this.page.actions.run(async () => {
      this.take(await this.page.api.delete(`/api/v1/post/${post.post_id}`));
    });
  }

  async #readOlder({ position }) {
    await this.page.actions.run(() => this.#readBefore(position));
  }
}
