/** What the host of an evening does about it. */

import { fold, html, words } from '../shell/view.js';
import { Problem } from '../api/client.js';
import { addressOf } from '../api/reads.js';
import { ask, toldList } from './action.js';
import { OPEN, isFull, isOver, ratingText, stateOf, tag } from './evening_line.js';
import { checkbox, field, onSubmit } from './form.js';
import { formatMoment } from './times.js';

const say = words.host;
const NETWORKS = { telegram: 'Telegram', vk: 'VK', whatsapp: 'WhatsApp', x: 'X' };
const NEXT = { Created: ['Alive', 'publish'], Alive: ['Closed', 'close'], Closed: ['Alive', 'reopen'] };
/** So many of those who ask have their message shown: each is a read of its own. */
const MESSAGES_MAX = 30;

export class HostPanel {
  #told = null;
  #share = null;
  #chosen = new Set();
  /** What guests wrote, by their booking as it was then. */
  #messages = new Map();

  constructor(page) {
    this.page = page;
  }

  async refresh() {
    const { api } = this.page;
    const address = this.#address;
    [this.bookings, this.links, this.words, [this.job], this.guests] = await Promise.all([
      api.list(`${address}/bookings?limit=100`),
      api.get(`${address}/invite-links`),
      api.get(`${address}/broadcasts`),
      api.get(`${address}/invites`),
      this.guests ?? api.get('/api/v1/bookings', { role: 'author', limit: 100 }),
    ]);
    this.#told = null;
    this.#readMessages();
  }

  /** People whom the host may invite by name: earlier guests, and who uses this browser. */
  get #known() {
    const { person, session } = this.page;
    const known = new Map(session.known.map(({ id, name }) => [id, name]));
    for (const { guest_id: id, guest_name: name } of this.guests) known.set(id, name);
    for (const { guest_id: id, state } of this.bookings) if (OPEN.has(state)) known.delete(id);
    known.delete(person.id);
    return [...known].filter(([, name]) => name !== words.standIns['erased person']);
  }

  /** What guests wrote comes after the rest: only the details of a booking have it. */
  async #readMessages() {
    const asked = this.bookings.filter(isToAnswer).slice(0, MESSAGES_MAX)
      .filter((booking) => !this.#messages.has(keyOf(booking)));
    if (!asked.length) return;
    try {
      await Promise.all(asked.map(async (booking) => {
        const { message } = await this.page.api.get(`/api/v1/booking/${booking.booking_id}`);
        this.#messages.set(keyOf(booking), message);
      }));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
    this.page.redraw();
  }

  view() {
    const { evening } = this.page;
    const [status, word] = NEXT[isFull(evening) ? 'Alive' : evening.status] ?? [];
    return html`
      <p class="actions">
        ${status ? this.#actions.button(say[word], () => this.#change({ status }),
          word === 'publish' ? 'primary' : '') : ''}
        ${this.#isOver ? '' : html`<a class="button" href="/evening/${evening.id}/change">
          ${say.change}</a>`}
      </p>
      ${this.#requests()}
      ${['Alive', 'Closed'].includes(evening.status) ? html`${this.#invite()} ${this.#word()}`
        : ''}
      ${this.#isOver ? '' : this.#cancel()}`;
  }

  get #isOver() {
    return isOver(this.page.evening);
  }

  get #address() {
    return this.page.reads.evening;
  }

  get #actions() {
    return this.page.actions;
  }

  #change(body) {
    return this.#actions.run(() => this.page.api.put(this.#address, body));
  }

  #post(what, body, done) {
    return this.#actions.run(() => this.page.api.post(`${this.#address}/${what}`, body), done);
  }

  #delete(what, id) {
    return this.#actions.run(() => this.page.api.delete(`${this.#address}/${what}/${id}`));
  }

  #requests() {
    const open = this.bookings.filter(({ state }) => OPEN.has(state));
    const asked = this.#isOver ? [] : open.filter(isToAnswer);
    const mayAnswer = !this.#actions.busy
      && asked.some(({ booking_id: id }) => this.#chosen.has(id));
    return html`<h2>${say.requests}</h2>
      ${open.length ? '' : html`<p class="quiet">${say.noRequests}</p>`}
      <form @submit=${this.#answerChosen}>
        <ul class="people">${open.map((booking) => this.#request(booking))}</ul>
        ${asked.length > 1 ? html`<p class="actions">
          <button ?disabled=${!mayAnswer} value="true">${say.approveChosen}</button>
          <button ?disabled=${!mayAnswer} value="false">${say.declineChosen}</button>
        </p>` : ''}
      </form>`;
  }

  #request(booking) {
    const { booking_id: id, guest_name: name, guest_rating: score, guest_rating_count: count,
      state } = booking;
    const place = this.#isOver ? null : booking.waitlist_position;
    const message = this.#messages.get(keyOf(booking));
    return html`<li data-guest=${booking.guest_id} tabindex="-1">
      ${isToAnswer(booking) && !this.#isOver ? html`<label class="check"><input type="checkbox"
          .checked=${this.#chosen.has(id)} @change=${(event) => this.#choose(id, event)}>
          ${name}</label>`
        : html`<span class="check">${name}</span>`}
      <a class="facts" href="/person/${booking.guest_id}">${ratingText(score, count)}</a>
      ${tag([stateOf(state, this.page.evening, true), place].filter(Boolean).join(' · '))}
      ${place && booking.preapproved ? tag(say.preapproved, 'mine') : ''}
      ${this.#isOver ? '' : html`<span class="actions">
        ${isToAnswer(booking) ? html`
          ${this.#actions.button(say.approve, () => this.#answer([id], true), 'primary')}
          ${this.#actions.button(say.decline, () => this.#answer([id], false))}`
          : this.#actions.button(say.takeBack, () => this.#takeBack(booking))}
      </span>`}
      ${message && html`<q class="text">${message}</q>${fold(message)}`}
    </li>`;
  }

  /** A tick belongs to a booking and not to a line: lines move when somebody comes or goes. */
  #choose(id, { target }) {
    this.#chosen[target.checked ? 'add' : 'delete'](id);
    this.page.redraw();
  }

  #answerChosen = onSubmit((said, form, yes) => {
    const asked = this.bookings.filter(isToAnswer).map(({ booking_id: id }) => id);
    this.#answer(asked.filter((id) => this.#chosen.has(id)), yes === 'true');
  });

  /** Answer one after the other: each is a decision of its own, and the last seat may go to any
   * of them. */
  #answer(bookingIds, yes) {
    return this.#actions.run(async () => {
      for (const id of bookingIds) {
        await this.page.api.put(`/api/v1/booking/${id}`, { my_status: yes });
      }
    });
  }

  /** The guest counts on it by now, so this is asked about. */
  async #takeBack({ booking_id: id, guest_name: name }) {
    if (await ask(say.takeBackForSure(name), this.page)) await this.#answer([id], false);
  }

  #invite() {
    const known = this.#known;
    return html`<h2>${say.invite}</h2>
      ${known.length ? html`<form @submit=${this.#inviteOne}>
        ${field(say.whom, 'guest_ids', { choices: known })}
        ${this.#actions.submit(say.invite)}</form>` : ''}
      <p class="actions">
        ${this.#actions.button(say.inviteFollowers,
          () => this.#post('invites', { all_followers: true }))}
        ${this.#actions.button(say.makeLink, () => this.#post('invite-links', {}))}
        ${this.#actions.button(say.share, () => this.#actions.run(async () => {
          this.#share = await this.page.api.get(`${this.#address}/share`);
        }))}
      </p>
      ${this.job && html`<p class="facts" role="status">${say.job(this.job)}</p>`}
      <ul class="people">${this.links.filter(({ revoked_at: end }) => !end).map((link) => html`<li>
        <input readonly aria-label=${say.link} .value="${location.origin}/invited/${link.token}">
        <span class="facts">${say.used(link.used)}</span>
        ${this.#actions.button(words.common.revoke, () => this.#revoke(link))}</li>`)}</ul>
      ${this.#share && this.#shareCard()}`;
  }

  /** A refusal is in the answer. Somebody whom it has erased is forgotten here, too. */
  #inviteOne = onSubmit(({ guest_ids: id }) => this.#actions.run(async () => {
    const { api, session } = this.page;
    const { results: [{ detail }] } = await api.post(`${this.#address}/invites`, { guest_ids: [id] });
    if (!detail) return;
    const { name } = await api.get(`/api/v1/user/${id}/rating`);
    if (name === words.standIns['erased person']) session.forget(id);
    throw new Problem(409, { detail });
  }, say.invited));

  async #revoke({ link_id: id }) {
    if (await ask(words.common.revokeForSure, this.page)) await this.#delete('invite-links', id);
  }

  #shareCard() {
    const { short_link: link, card, intents, text } = this.#share;
    return html`<div class="share">
      ${card && html`<img src=${new URL(card).pathname} alt=${say.card} width="400">`}
      <p>${text[document.documentElement.lang]}</p>
      <p><a href=${link} target="_blank" rel="noreferrer">${link}</a></p>
      <p class="actions">${Object.entries(intents).map(([name, address]) => html`
        <a class="button" href=${address} target="_blank" rel="noreferrer">${NETWORKS[name] ?? name}</a>`)}</p>
    </div>`;
  }

  #word() {
    return html`<h2>${say.word}</h2>
      <ul class="people">${this.words.map((one) => html`<li><q class="text">${one.text}</q>${fold(one.text)}
        <span class="tag">${words.notices.state[one.state]}
          ${one.due_at && formatMoment(one.due_at)}
          ${one.reaches === null ? '' : html`· ${say.reaches(one.reaches)}`}</span>
        ${one.state === 'planned' ? html`<span class="actions">${this.#actions.button(say.unsay,
          () => this.#delete('broadcasts', one.broadcast_id))}</span>` : ''}</li>`)}</ul>
      <form class="tall" @submit=${this.#say}>
        ${field(say.text, 'text', { rows: 2, required: true })}
        <fieldset><legend>${say.to}</legend>
          ${Object.entries(say.audiences).map(([state, text], index) =>
            checkbox(text, 'to', { value: state, checked: index === 0 }))}</fieldset>
        ${field(words.evening.when, 'before_start_min', { choices: Object.entries(say.befores) })}
        <p>${this.#actions.submit(words.common.send)}</p>
      </form>`;
  }

  #say = onSubmit(({ text, before_start_min: before }, form) => {
    const body = { text, to: new FormData(form).getAll('to') };
    if (before) body.before_start_min = Number(before);
    return this.#post('broadcasts', body, ({ reaches }) => say.reaches(reaches));
  });

  #cancel() {
    if (this.page.evening.status === 'Created') {
      return this.#actions.button(say.drop, () => this.#drop());
    }
    return html`<h2>${say.cancel}</h2>
      <form @submit=${this.#cancelOrPreview} @input=${() => this.#preview(null)}>
        ${field(say.reason, 'reason')}
        ${this.#actions.submit(say.preview)}
        ${this.#told ? html`${toldList(this.#told)}
          ${this.#actions.submit(say.cancelNow, 'primary', 'now')}` : ''}
      </form>`;
  }

  async #drop() {
    if (!await ask(`${say.drop}?`, this.page)) return;
    await this.#actions.run(() => this.page.api.delete(this.#address));
  }

  #cancelOrPreview = onSubmit(async ({ reason }, form, now) => {
    const query = { reason: reason || null, dry_run: now ? null : true };
    const answer = await this.#actions.run(
      () => this.page.api.delete(addressOf(this.#address, query)));
    this.#preview(answer.would_tell);
  });

  /** A preview is of what the fields said. */
  #preview(told) {
    this.#told = told;
    this.page.redraw();
  }
}

function isToAnswer({ state, preapproved }) {
  return state === 'requested' || (state === 'waitlisted' && !preapproved);
}

/** A booking that has changed may have another message. */
function keyOf({ booking_id: id, modified }) {
  return `${id} ${modified}`;
}
