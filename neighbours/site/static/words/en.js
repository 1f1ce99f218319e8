import evenings from './en/evenings.js';
import frame from './en/frame.js';
import people from './en/people.js';

export default { ...frame, ...evenings, ...people };
