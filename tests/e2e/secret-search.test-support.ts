import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The ways in which a secret could be written down. */
export function formsOf(secret: string): readonly Buffer[] {
  const bytes = Buffer.from(secret);
  const texts = new Set([
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ]);
  // In base64 the letters depend on what stood before it; the first and last of each may be shared with a neighbour.
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const inner = encoded.slice(before === 0 ? 0 : 4, encoded.length - 4);
    texts.add(inner);
    texts.add(inner.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return [
    ...[...texts].map((text) => Buffer.from(text)),
    Buffer.from(secret, 'utf16le'),
    Buffer.from([...Buffer.from(secret)].toReversed()),
  ];
}

/** Names of those places that hold a secret in any form, with the secret. */
export function findSecrets(
  places: ReadonlyMap<string, Buffer>,
  secrets: ReadonlyMap<string, string>,
): readonly string[] {
  const found: string[] = [];
  for (const [secretName, secret] of secrets) {
    const forms = formsOf(secret);
    for (const [place, bytes] of places)
      if (forms.some((form) => bytes.includes(form))) found.push(`${secretName} in ${place}`);
  }
  return found;
}

/** Every file below a folder, by its name: also journals, free pages and locks, as they lie on the disk. */
export function filesBelow(folder: string): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, file), readFileSync(file)];
    }),
  );
}
