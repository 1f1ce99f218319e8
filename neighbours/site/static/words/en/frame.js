/** Words that every page needs. */

import { count } from './numbers.js';

export default {
  brand: 'Watch it together',
  menu: {
    films: 'Films',
    evenings: 'Evenings',
    mine: 'My evenings',
    plan: 'My plan',
    notices: 'Notices',
    myself: 'My ratings',
    skip: 'Skip to content',
    language: 'Русский',
    me: 'I am',
    nobody: 'Log in',
    another: 'Somebody else…',
    whoAreYou: 'Your login',
    logIn: 'Log in',
    offline: 'Connection lost. What you see may be old.',
  },
  common: {
    loading: 'Loading…',
    again: 'Try again',
    nothing: 'There is nothing here.',
    unreachable: 'No answer. Is the system running?',
    notFound: 'This page does not exist, or you may not see it.',
    logInFirst: 'Log in to go on.',
    more: 'More',
    close: 'Close',
    yes: 'Yes',
    no: 'No',
  },
  state: {
    requested: 'asked, the host has yet to answer',
    waitlisted: 'waiting in line',
    invited: 'invited',
    offered: 'a seat is offered',
    confirmed: 'confirmed',
    rejected: 'the host said no',
    declined: 'the guest said no',
    withdrawn: 'withdrawn',
    revoked: 'invitation taken back',
    ended: 'ended',
    hosting: 'my evening',
  },
  rating: {
    none: 'no ratings yet',
    of: (score, number) => `${score} of 10, ${count(number, 'rating', 'ratings')}`,
  },
};
