/** The chat of an evening, live, for its host and the confirmed guests. */

import { fold, html, words } from '../shell/view.js';
import { Problem } from '../api/client.js';
import { ask } from './action.js';
import { onSubmit } from './form.js';
import { formatMoment } from './times.js';

const say = words.chat;
const PAGE = 50;

export class Chat {
  #editing = null;
  #older = false;
  #newestDrawn = 0;

  constructor(page) {
    this.page = page;
    /** By position, which is their order. */
    this.posts = new Map();
  }

  get #address() {
    return `${this.page.reads.evening}/posts`;
  }

  /** Read the newest posts, unless the stream tells them. */
  async refresh() {
    if (!this.isTold) await this.#readBefore('');
  }

  async #readBefore(position) {
    const { api } = this.page;
    // An empty `before` means the end of the chat.
    const posts = await api.get(this.#address, { before: position, limit: PAGE });
    posts.forEach((post) => this.take(post));
    if (position !== '' || this.posts.size <= PAGE) this.#older = posts.length === PAGE;
    this.#markRead();
  }

  take(post) {
    this.posts.set(post.position, post);
  }

  /** Take what the stream tells while the person looks at the chat. */
  hear(post) {
    this.take(post);
    this.#markRead();
  }

  get #newest() {
    return Math.max(0, ...this.posts.keys());
  }

  /** Nothing that is shown waits for the mark. If it fails, the next post sets it. */
  async #markRead() {
    const position = this.#newest;
    if (position <= (this.marked ?? 0)) return;
    this.marked = position;
    try {
      await this.page.api.put(`${this.#address}/read`, { position });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.marked = 0;
    }
  }

  drawn() {
    if (this.#newest === this.#newestDrawn) return;
    this.#newestDrawn = this.#newest;
    const log = document.querySelector('[role=log]');
    log.scrollTop = log.scrollHeight;
  }

  view() {
    const posts = [...this.posts.values()].sort((one, other) => one.position - other.position);
    return html`<section tabindex="-1">
      <h2>${say.title}</h2>
      ${this.#older ? this.page.actions.button(say.older,
        () => this.page.actions.run(() => this.#readBefore(posts[0].position)), 'quiet') : ''}
      <div role="log" tabindex="0" aria-label=${say.title}>
        <ol class="chat">${posts.map((post) => this.#post(post))}</ol></div>
      <form @submit=${this.#write}>
        <input name="text" required autocomplete="off" data-role="post"
          aria-label=${say.write} placeholder=${say.write}>
        ${this.page.actions.submit(words.common.send)}
      </form></section>`;
  }

  #post(post) {
    const { person, isHost, actions } = this.page;
    const own = post.author_id === person.id;
    const gone = post.deleted || post.text === null;
    return html`<li class=${own ? 'own' : ''}>
      <span class="facts">${post.author_name},
        <time datetime=${post.created}>${formatMoment(post.created)}</time>
        ${post.modified !== post.created && !gone ? say.changed : ''}</span>
      ${this.#editing === post.post_id ? this.#editor(post)
        : html`<p class="text">${gone ? say.deleted : post.text}</p>${fold(post.text)}`}
      ${gone || this.#editing ? '' : html`<span class="actions">
        ${own ? actions.button(say.edit, () => this.#edit(post), 'quiet') : ''}
        ${own || isHost ? actions.button(say.delete, () => this.#delete(post), 'quiet')
          : ''}</span>`}
    </li>`;
  }

  #editor(post) {
    return html`<form @submit=${onSubmit((said) => this.#change(said, post))}
        @keydown=${({ key }) => key === 'Escape' && this.#edit(null)}>
      <input name="text" required .defaultValue=${post.text}
        aria-label=${say.edit}>
      ${this.page.actions.submit(words.common.save)}</form>`;
  }

  /** Begin or, with null, end the change of a post. */
  #edit(post) {
    this.#editing = post?.post_id ?? null;
    this.page.redraw();
    const field = post ? '.chat input' : '[data-role=post]';
    document.querySelector(field).focus();
  }

  #write = onSubmit((said) => this.#do((api) => api.post(this.#address, said)));

  async #change(said, { post_id: id }) {
    if (await this.#do((api) => api.put(`/api/v1/post/${id}`, said))) this.#edit(null);
  }

  async #delete({ post_id: id }) {
    if (!await ask(say.deleteForSure, this.page)) return;
    await this.#do((api) => api.delete(`/api/v1/post/${id}`));
  }

  #do(act) {
    return this.page.actions.run(async () => this.take(await act(this.page.api)));
  }
}
