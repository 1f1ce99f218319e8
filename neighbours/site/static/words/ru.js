import evenings from './ru/evenings.js';
import frame from './ru/frame.js';
import people from './ru/people.js';

export default { ...frame, ...evenings, ...people };
