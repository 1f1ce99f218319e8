/** Ratings of an evening that is over. A rating is sealed until both sides have rated, or until
 * its time is up. */

import { fold, html, words } from '../shell/view.js';
import { checkbox, field, onSubmit } from './form.js';
import { formatMoment } from './times.js';

const say = words.rate;

export class Rate {
  constructor(page) {
    this.page = page;
  }

  async refresh(evening) {
    const { api, id, isHost } = this.page;
    const { given, received } = await api.get(`/api/v1/rating/${id}/me`);
    this.received = received;
    const guests = evening.guest_list.filter(({ state }) => state === 'confirmed');
    this.others = isHost
      ? guests.map(({ guest_id: person, guest_name: name }) => ({ person, name }))
      : [{ person: evening.author_id, name: evening.author_name }];
    this.given = new Map(given.map((rating) => [rating.ratee_id, rating]));
  }

  view() {
    if (!this.others.length) return '';
    return html`<section><h2>${say.title}</h2>
      ${this.others.map((other) => this.#other(other))}
      ${this.received.filter(({ revealed }) => revealed).map((rating) => html`
        <blockquote>${say.received(rating.score)} <span class="text">${rating.text}</span>${fold(rating.text)}
        </blockquote>`)}</section>`;
  }

  #other({ person, name }) {
    const rating = this.given.get(person);
    if (rating?.revealed) return html`<p>${say.gave(name, rating.score)}</p>`;
    return html`<form class="tall panel" data-ratee=${person}
        @submit=${onSubmit((said) => this.#give(said, person, rating))}>
      <strong>${name}</strong>
      ${rating ? html`<p class="quiet">
        ${say.sealed(formatMoment(rating.sealed_until))}</p>` : ''}
      ${field(say.score, 'score', { type: 'number', min: 1, max: 10, required: true,
        value: rating?.score })}
      ${field(say.text, 'text', { rows: 2, value: rating?.text })}
      ${this.page.isHost ? checkbox(say.noShow, 'tags',
        { value: 'no_show', checked: rating?.tags.includes('no_show') })
        : checkbox(say.signed, 'signed', { checked: rating?.signed })}
      <p>${this.page.actions.submit(rating ? words.host.change : say.give)}</p>
    </form>`;
  }

  #give(said, person, rating) {
    const body = {
      score: Number(said.score),
      text: said.text || null,
      tags: said.tags ? [said.tags] : [],
      signed: said.signed === 'on',
    };
    const { api, id, actions } = this.page;
    return actions.run(() => rating ? api.put(`/api/v1/rating/${rating.review_id}`, body)
      : api.post(`/api/v1/rating/${id}/${person}`, body), say.done);
  }
}
