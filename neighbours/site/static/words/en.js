const forms = new Intl.PluralRules('en');

const count = (number, one, other) =>
  `${number} ${forms.select(number) === 'one' ? one : other}`;
const seats = (number) => count(number, 'seat', 'seats');
const evenings = (number) => count(number, 'evening', 'evenings');

export default {
  brand: 'Watch it together',
  menu: {
    films: 'Films', evenings: 'Evenings', mine: 'My evenings', plan: 'My plan',
    notices: 'Notices', myself: 'Me', skip: 'Skip to content', language: 'Русский',
    loseForm: 'Lose what you have typed?', me: 'I am', another: 'Somebody else…',
    whoAreYou: 'Your login', logIn: 'Log in', offline: 'Connection lost. What you see may be old.',
  },
  common: {
    loading: 'Loading…', again: 'Try again', nothing: 'There is nothing here.',
    unreachable: 'No answer. Check your connection and try again.',
    notFound: 'There is nothing at this address, or you may not see it.',
    logInFirst: 'Log in to open this page. You come straight back to it.', more: 'More',
    numbers: 'In numbers', save: 'Save', saved: 'Saved.', send: 'Send', revoke: 'Revoke',
    revokeForSure: 'This address will stop working. Revoke it?', yes: 'Yes', no: 'No',
  },
  standIns: {
    'erased person': 'erased person', '[erased]': '[erased]', '[hidden]': '[hidden]',
  },
  state: {
    requested: 'the host has yet to answer', waitlisted: 'on the waiting list', invited: 'invited',
    offered: 'a seat is offered', confirmed: 'confirmed', rejected: 'declined by the host',
    declined: 'declined by you', withdrawn: 'request withdrawn',
    revoked: 'taken back by the host', ended: 'declined by both', hosting: 'my evening',
  },
  rating: {
    none: 'no ratings yet',
    of: (score, number) => `${score} of 10, ${count(number, 'rating', 'ratings')}`,
  },
  films: {
    search: 'Title of a film or series', none: 'No film has such a title.', series: 'series',
    minutes: (number) => `${number} min`,
  },
  film: {
    open: (number) => count(number, 'open evening', 'open evenings'),
    noEvenings: 'No evening has free seats now.', all: 'All evenings of this film',
    announce: 'Announce an evening', choose: 'Choose a film first',
    notShown: 'No evenings are held here for this film.',
    episode: (season, episode) => `season ${season}, episode ${episode}`,
  },
  find: {
    q: 'Search', filters: 'More filters', from: 'From', to: 'To', sort: 'Order',
    sorts: {
      '': 'soonest first', '-event_time': 'latest first',
      created: 'newest first', author_rating: 'best hosts first',
      tickets_left: 'most seats first', status: 'by status',
    },
    status: 'Status', visibility: 'Who may come',
    any: 'any', some: 'open, or with a waiting list', anyFilm: 'any film', ofHost: 'Evenings of',
    rating: 'Host rated at least', mine: 'Whose',
    mines: { '': 'everybody’s', host: 'mine', guest: 'those I go to' },
    has_seats: 'has free seats', is_free: 'free of charge', fits_my_schedule: 'when I have nothing else',
    fits_my_plan: 'fits my plan', all: 'of mine, also past and cancelled ones', find: 'Find', clear: 'Clear',
    found: ({ lines, more }) => lines.length
      ? `${more ? 'The first ' : ''}${evenings(lines.length)}` : 'No evening fits.',
    earlier: 'Previous month', later: 'Next month', calendar: 'Calendar',
    onDay: (day, number) => `${day}: ${evenings(number)}`,
  },
  evening: {
    by: (name) => `${name} invites`,
    when: 'When', where: 'Where', hint: 'Near', hidden: 'shown to confirmed guests',
    price: 'Price', free: 'free', paid: 'see the description', seats: 'Seats',
    left: (left, all) => `${left} of ${seats(all)} left`,
    guests: 'Guests', guestsHidden: 'The host does not show who comes.', calendar: 'Add to calendar',
    full: 'full, with a waiting list',
    status: {
      Created: 'draft', Alive: 'open', Closed: 'closed to requests', Done: 'over', Cancelled: 'cancelled',
    },
    past: { confirmed: 'had a seat', open: 'went unanswered' },
    visibility: { public: 'for everybody', subscribers: 'for followers', invite: 'by invitation' },
    ask: 'Ask to come', join: 'Join the waiting list', message: 'Message to the host',
    youMayAsk: 'There are free seats.', youWouldWait: 'All seats are taken. You can join the waiting list.',
    overlaps: 'At that time you already have', others: 'Other evenings of this film',
    accept: 'Accept', decline: 'Decline', leave: 'I cannot come',
    leaveForSure: 'Give up your seat? It may go to another guest. Everybody sees late cancellations.',
    withdraw: 'Withdraw my request',
    holdUntil: (when) => `The seat is held for you until ${when}.`,
    inLine: (place) => `You are number ${place} on the waiting list.`,
  },
  host: {
    title: 'Title', description: 'Description', zone: 'Time zone', noZone: 'not stated (by my own clock)',
    hideLocation: 'Show the place to confirmed guests only',
    price: 'Price of a seat', priceHint: '0 if it is free', currency: 'Currency',
    hideGuests: 'Show nobody who comes', season: 'Season', episode: 'Episode', publish: 'Publish',
    keepDraft: 'Keep as a draft', change: 'Change', changeNow: 'Save the changes',
    close: 'Take no more requests', reopen: 'Take requests again', preview: 'See who would be told',
    wouldBeTold: 'These people would be told:', nobodyTold: 'Nobody would be told.',
    followers: 'your followers', requests: 'Requests and guests',
    states: {
      requested: 'waits for your answer', rejected: 'declined by you', declined: 'declined by the guest',
    },
    preapproved: 'request approved in advance',
    noRequests: 'No requests yet.', approve: 'Approve', decline: 'Decline', takeBack: 'Take back',
    takeBackForSure: (name) => `Take back what ${name} was promised?`,
    approveChosen: 'Approve the chosen', declineChosen: 'Decline the chosen', invite: 'Invite', whom: 'Whom',
    invited: 'The invitation is sent.', inviteFollowers: 'Invite all followers',
    job: ({ invited, left_over: left }) =>
      `Followers invited: ${invited}${left ? `, ${left} left for tomorrow` : ''}.`,
    makeLink: 'Make an invite link', link: 'Invite link',
    used: (times) => `used ${count(times, 'time', 'times')}`,
    share: 'Share', card: 'Card of the evening', word: 'Message to the guests', text: 'Text', to: 'To whom',
    audiences: {
      confirmed: 'confirmed', requested: 'waiting for an answer', waitlisted: 'on the waiting list',
      invited: 'invited',
    },
    befores: { '': 'now', 60: 'an hour before', 1440: 'a day before' },
    unsay: 'Do not send',
    reaches: (number) => number ? `Recipients: ${number}` : 'There is nobody to get it',
    cancel: 'Cancel the evening', drop: 'Delete the draft', cancelNow: 'Yes, cancel it',
    reason: 'Reason (the guests will read it)',
  },
  chat: {
    title: 'Chat', older: 'Earlier messages', write: 'Write to everybody who comes',
    edit: 'Edit', delete: 'Delete', deleteForSure: 'Delete this message for everybody?', changed: '(edited)',
    deleted: 'The message was deleted.',
  },
  rate: {
    title: 'How was it?', score: 'Score, 1 to 10', text: 'Review (optional)',
    noShow: 'The guest did not come (a score is needed all the same)', signed: 'Sign it with my name',
    give: 'Rate', done: 'Thank you.',
    gave: (name, score) => `You gave ${name} ${score}.`,
    received: (score) => `You were given ${score}.`,
    sealed: (until) => `Ratings open once both sides have rated, at the latest: ${until}.`,
  },
  history: {
    title: 'What has happened', moment: 'How it stood at this moment', system: 'automatically',
  },
  first: {
    who: 'Who are you? Another window can be another person.',
    fill: 'Fill with an example week',
  },
  mine: {
    none: 'There are no evenings here yet.', find: 'Find one', coming: 'All that is to come',
    unread: (number) => count(number, 'unread message', 'unread messages'),
    feeds: 'In your calendar',
    feedsHelp: 'A calendar program shows your evenings from such an address. Anybody who has the '
      + 'address can read them, so give each program its own.',
    firstFeed: 'first address', address: 'Address of the calendar', feedName: 'Name of the program',
    make: 'Make an address',
  },
  figures: {
    title: 'My evenings in numbers', help: 'Only you see these figures.',
    none: 'Announce an evening, and you will see here what became of it.',
  },
  plan: {
    help: 'Films you would like to see in company. We tell you when a new evening fits. Nobody '
      + 'else sees this.',
    find: 'Evenings that fit', add: 'Add a film', film: 'Film', to: 'Until', place: 'Where (optional)',
    drop: 'Remove', free: 'When I am free', fromTime: 'from', toTime: 'until',
  },
  notices: {
    preferences: 'Notice settings', why: 'Why did I get this?',
    event: (name, when) => `What happened: ${name}, ${when}.`,
    evening: 'the evening',
    state: {
      waiting: 'to be sent', planned: 'planned', sent: 'sent',
      cancelled: 'cancelled', parked: 'not delivered', unconfirmed: 'perhaps delivered',
    },
    language: 'Language of notices',
    languages: { '': 'as in my account', ru: 'Русский', en: 'English' },
    tellMe: 'Tell me about', receipts: 'Also confirm what I do myself', quietFrom: 'Quiet from',
  },
  kinds: {
    announce_new: 'new evening', announce_put: 'evening changed',
    announce_delete: 'evening cancelled', announce_done: 'evening over', booking_new: 'request or invitation',
    booking_status: 'change of a booking', booking_unanswered: 'no answer yet',
    host_message: 'message from the host',
    remind_day: 'reminder a day before', remind_hour: 'reminder an hour before',
    score_request: 'please rate', score_revealed: 'rating revealed', chat_digest: 'new in the chat',
    plan_match: 'evenings for my plan', operator_message: 'message from the operators',
  },
  person: {
    roles: { host: 'As a host', guest: 'As a guest' },
    drift: 'Score, month by month', explain: 'How the score comes about',
    prior: ({ prior_mean: mean, prior_weight: weight, half_life_days: days }) =>
      `The score begins at ${mean}, which weighs as much as ${count(weight, 'rating', 'ratings')}. `
      + `A rating loses half of its weight in ${count(days, 'day', 'days')}.`,
    columns: { score: 'Score', weight: 'Weight', contribution: 'Contribution' },
    counters: {
      late_cancellations: 'seats given back late', no_shows: 'no-shows',
      late_calls_off: 'evenings cancelled late',
    },
    reviews: 'Reviews by guests', unsigned: 'a guest', replied: 'Reply', reply: 'Your reply (only one)',
    send: 'Reply', mute: 'Mute this host', unmute: 'Unmute this host', block: 'Block', unblock: 'Unblock',
    follow: 'Follow', unfollow: 'Unfollow', evenings: 'Evenings of this host',
    help: [
      'Mute: no news of their evenings, and no invitations to them.',
      'Block: neither of you finds or invites the other. Confirmed seats stay.',
    ],
  },
  data: {
    title: 'My data', archive: 'What is held about me',
    archiveHelp: 'All of it in one archive: a page to read, and a file of each part for programs.',
    fetch: 'Download my data', erasure: 'Erase my data',
    erasureHelp: 'Your evenings are cancelled, your seats go to others, and nobody is shown your '
      + 'name or your texts any more. You have a week to change your mind.',
    confirmed: (when) => `Erasure begins: ${when}. Until then you can change your mind.`,
    withdraw: 'Cancel the erasure',
  },
  report: {
    title: 'Report', reason: 'What is wrong', how: 'Open what you want to report, and choose “Report” there.',
    send: 'Send to the operators', sent: 'The operators have your report. Nobody else learns who sent it.',
  },
};
