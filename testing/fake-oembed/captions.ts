import { createHash } from 'node:crypto';

const SUBJECTS = [
  'Sourdough that rises overnight in the fridge',
  'How to patch a hole in drywall without a mess',
  'Three guitar chords for rainy evenings',
  'A night train through the mountains',
  'My cat discovers the automatic feeder',
  'Closures in JavaScript in one minute',
  'Pruning tomato plants the right way',
  'Restoring a rusty pan from the attic',
  'Stretching before a long run',
  'A paper lamp from one sheet',
];
const AUTHORS = ['Lena Hollow', 'Tomas Birch', 'Ada Pike', 'Noor Vance', 'Emil Quist'];

/** An invented video: the same for the same id. */
export interface InventedVideo {
  readonly title: string;
  readonly author: string;
  readonly handle: string;
}

export function inventVideo(itemId: string): InventedVideo {
  const bytes = createHash('sha256').update(itemId).digest();
  const subject = SUBJECTS[bytes.readUInt8(0) % SUBJECTS.length] ?? '';
  const author = AUTHORS[bytes.readUInt8(1) % AUTHORS.length] ?? '';
  return { title: `${subject} #${itemId.slice(-6)}`, author, handle: author.toLowerCase().replace(' ', '.') };
}
