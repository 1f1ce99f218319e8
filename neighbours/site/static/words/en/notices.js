export default {
  preferences: 'What I want to be told',
  why: 'Why did I get this?',
  evening: 'the evening',
  state: {
    waiting: 'waiting', sent: 'sent', dropped: 'no longer true', skipped: 'not sent',
    cancelled: 'cancelled', parked: 'not delivered', unconfirmed: 'perhaps delivered',
  },
  language: 'Language of notices',
  languages: { '': 'as in my account', ru: 'Русский', en: 'English' },
  tellMe: 'Tell me about',
  receipts: 'Also confirm what I do myself',
  quietFrom: 'Quiet from',
  quietTo: 'until',
  save: 'Save',
  saved: 'Saved.',
};
