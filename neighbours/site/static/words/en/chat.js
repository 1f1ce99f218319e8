export default {
  title: 'Chat',
  older: 'Earlier messages',
  write: 'Write to everybody who comes',
  send: 'Send',
  edit: 'Edit',
  save: 'Save',
  delete: 'Delete',
  changed: '(edited)',
  deleted: 'deleted',
};
