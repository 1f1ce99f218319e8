/** What the host of an evening does about it: who comes, who is invited, what they are told. */

import { html, nothing } from '../vendor/lit-html.js';
import { words } from '../words/index.js';
import { ratingText } from './evening_line.js';
import { checkbox, field, readForm } from './form.js';
import { formatMoment } from './times.js';
import { toldList } from './told.js';

const OPEN = ['requested', 'waitlisted', 'invited', 'offered', 'confirmed'];
const AUDIENCES = ['confirmed', 'requested', 'waitlisted', 'invited'];

export class HostPanel {
  #told = null;
  #share = null;

  /** `page` is the page of the evening. */
  constructor(page) {
    this.page = page;
  }

  async refresh() {
    const { api, id, evening } = this.page;
    [this.bookings, this.links, this.words] = await Promise.all([
      api.list(`/api/v1/announcement/${id}/bookings`),
      api.get(`/api/v1/announcement/${id}/invite-links`),
      api.get(`/api/v1/announcement/${id}/broadcasts`),
    ]);
    this.known = await this.#listKnown();
    this.open = evening.status === 'Alive' || evening.status === 'Closed';
  }

  /** People whom the host may invite by name: earlier guests, and who uses this browser. */
  async #listKnown() {
    const { api, person, knownPeople } = this.page;
    const guests = await api.get('/api/v1/bookings', { role: 'author', limit: 100 });
    const known = new Map(knownPeople.map(({ id, name }) => [id, name]));
    for (const { guest_id: id, guest_name: name } of guests) known.set(id, name);
    for (const { guest_id: id, state } of this.bookings) if (OPEN.includes(state)) known.delete(id);
    known.delete(person.id);
    return [...known];
  }

  view() {
    const { evening } = this.page;
    const over = evening.status === 'Done' || evening.status === 'Cancelled';
    return html`
      <p>${words.evening.hosting}</p>
      <p class="actions">
        ${evening.status === 'Created' ? this.#button(words.host.publish,
          () => this.#change({ status: 'Alive' }), 'primary') : nothing}
        ${over ? nothing : html`<a class="button" href="/evening/${evening.id}/change">
          ${words.host.change}</a>`}
        ${evening.status === 'Alive' ? this.#button(words.host.close,
          () => this.#change({ status: 'Closed' })) : nothing}
        ${evening.status === 'Closed' ? this.#button(words.host.reopen,
          () => this.#change({ status: 'Alive' })) : nothing}
      </p>
      ${this.#requests()}
      ${this.open ? html`${this.#invite()} ${this.#word()}` : nothing}
      ${over ? nothing : this.#cancel()}`;
  }

  #button(text, act, look = '') {
    return html`<button type="button" class=${look} ?disabled=${this.page.actions.busy}
      @click=${act}>${text}</button>`;
  }

  #act(act, done) {
    return this.page.actions.run(act, done);
  }

  #change(body) {
    return this.#act(() => this.page.api.put(`/api/v1/announcement/${this.page.id}`, body));
  }

  // Requests

  #requests() {
    const open = this.bookings.filter(({ state }) => OPEN.includes(state));
    const asked = open.filter(isToAnswer);
    return html`<h2>${words.host.requests}</h2>
      ${open.length ? nothing : html`<p class="quiet">${words.host.noRequests}</p>`}
      <form @submit=${(event) => this.#answerChosen(event)}>
        <ul class="people">${open.map((booking) => this.#request(booking))}</ul>
        ${asked.length > 1 ? html`<p class="actions">
          <button ?disabled=${this.page.actions.busy} value="true">${words.host.approveChosen}</button>
          <button ?disabled=${this.page.actions.busy} value="false">${words.host.declineChosen}</button>
        </p>` : nothing}
      </form>`;
  }

  #request(booking) {
    const { guest_name: name, guest_rating: score, guest_rating_count: count, state } = booking;
    return html`<li data-guest=${booking.guest_id}>
      ${isToAnswer(booking) ? checkbox(name, 'booking', { value: booking.booking_id })
        : html`<span>${name}</span>`}
      <a class="facts" href="/person/${booking.guest_id}">${ratingText(score, count)}</a>
      <span class="tag">${words.state[state]}${booking.waitlist_position
        ? ` · ${booking.waitlist_position}` : ''}</span>
      <span class="actions">
        ${isToAnswer(booking) ? this.#button(words.host.approve,
          () => this.#answer([booking.booking_id], true), 'primary') : nothing}
        ${this.#button(words.host.decline, () => this.#answer([booking.booking_id], false))}
      </span></li>`;
  }

  #answerChosen(event) {
    event.preventDefault();
    const chosen = new FormData(event.target).getAll('booking');
    this.#answer(chosen, event.submitter.value === 'true');
  }

  /** Answer one after the other: each is a decision of its own, and the last seat may go to any
   * of them. */
  #answer(bookingIds, yes) {
    return this.#act(async () => {
      for (const id of bookingIds) {
        await this.page.api.put(`/api/v1/booking/${id}`, { my_status: yes });
      }
    });
  }

  // Inviting and sharing

  #invite() {
    return html`<h2>${words.host.invite}</h2>
      ${this.known.length ? html`<form @submit=${(event) => this.#inviteOne(event)}>
        ${field(words.host.whom, 'guest', { choices: this.known })}
        <button ?disabled=${this.page.actions.busy}>${words.host.invite}</button></form>` : nothing}
      <p class="actions">
        ${this.#button(words.host.inviteFollowers, () => this.#inviteAll())}
        ${this.#button(words.host.makeLink, () => this.#makeLink())}
        ${this.#button(words.host.share, () => this.#showShare())}
      </p>
      <ul class="people">${this.links.filter(({ revoked_at: end }) => !end).map((link) => html`<li>
        <input readonly aria-label=${words.host.link} .value=${this.#pageOf(link)}>
        <span class="facts">${words.host.used(link.used)}</span>
        ${this.#button(words.host.revoke, () => this.#revoke(link))}</li>`)}</ul>
      ${this.#share ? this.#shareCard() : nothing}`;
  }

  /** The link of the API is for a client; this is the page that uses it. */
  #pageOf({ token }) {
    return `${location.origin}/invited/${token}`;
  }

  #inviteOne(event) {
    event.preventDefault();
    const { guest } = readForm(event.target);
    return this.#act(() => this.#postTo('invites', { guest_ids: [guest] }), words.host.invited);
  }

  #inviteAll() {
    return this.#act(() => this.#postTo('invites', { all_followers: true }),
      words.host.followersInvited);
  }

  #makeLink() {
    return this.#act(() => this.#postTo('invite-links', {}));
  }

  #revoke({ link_id: linkId }) {
    const address = `/api/v1/announcement/${this.page.id}/invite-links/${linkId}`;
    return this.#act(() => this.page.api.delete(address));
  }

  #showShare() {
    return this.#act(async () => {
      this.#share = await this.page.api.get(`/api/v1/announcement/${this.page.id}/share`);
    });
  }

  #shareCard() {
    const { short_link: link, card, intents, text } = this.#share;
    return html`<div class="share">
      ${card ? html`<img src=${new URL(card).pathname} alt=${words.host.card} width="400">` : nothing}
      <p>${text[document.documentElement.lang]}</p>
      <p><a href=${link} target="_blank" rel="noreferrer">${link}</a></p>
      <p class="actions">${Object.entries(intents).map(([name, address]) => html`
        <a class="button" href=${address} target="_blank" rel="noreferrer">${name}</a>`)}</p>
    </div>`;
  }

  #postTo(what, body) {
    return this.page.api.post(`/api/v1/announcement/${this.page.id}/${what}`, body);
  }

  // A word to guests

  #word() {
    return html`<h2>${words.host.word}</h2>
      <ul>${this.words.map((one) => html`<li><q>${one.text}</q> <span class="tag">
        ${words.host.wordState[one.state]} ${one.due_at ? formatMoment(one.due_at) : nothing}
        ${one.reaches === null ? nothing : `· ${one.reaches}`}</span></li>`)}</ul>
      <form class="tall" @submit=${(event) => this.#say(event)}>
        ${field(words.host.text, 'text', { rows: 2, maxlength: 2000, required: true })}
        <fieldset><legend>${words.host.to}</legend>${AUDIENCES.map((state, index) =>
          checkbox(words.state[state], 'to', { value: state, checked: index === 0 }))}</fieldset>
        ${field(words.host.before, 'before', { choices: Object.entries(words.host.befores) })}
        <p><button ?disabled=${this.page.actions.busy}>${words.host.send}</button></p>
      </form>`;
  }

  #say(event) {
    event.preventDefault();
    const { text, before } = readForm(event.target);
    const body = { text, to: new FormData(event.target).getAll('to') };
    if (before) body.before_start_min = Number(before);
    const form = event.target;
    return this.#act(() => this.#postTo('broadcasts', body), words.host.said)
      .then((done) => done && form.reset());
  }

  // Calling off

  #cancel() {
    return html`<h2>${words.host.cancel}</h2>
      <form @submit=${(event) => this.#cancelOrPreview(event)}>
        ${field(words.host.reason, 'reason', { maxlength: 500 })}
        <button ?disabled=${this.page.actions.busy}>${words.host.preview}</button>
        ${this.#told ? html`${toldList(this.#told)}
          <button class="primary" value="now" ?disabled=${this.page.actions.busy}>
            ${words.host.cancelNow}</button>` : nothing}
      </form>`;
  }

  #cancelOrPreview(event) {
    event.preventDefault();
    const trial = event.submitter.value !== 'now';
    const query = new URLSearchParams({ reason: readForm(event.target).reason });
    if (!query.get('reason')) query.delete('reason');
    if (trial) query.set('dry_run', 'true');
    return this.#act(async () => {
      const answer = await this.page.api.delete(`/api/v1/announcement/${this.page.id}?${query}`);
      this.#told = trial ? answer.would_tell : null;
    });
  }
}

/** Whether the host has yet to answer. */
function isToAnswer({ state, preapproved }) {
  return state === 'requested' || (state === 'waitlisted' && !preapproved);
}
