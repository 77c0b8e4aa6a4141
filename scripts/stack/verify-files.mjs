// Whether files are those that checksums were written of.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/**
 * Every file that is named, with this content, and no other.
 *
 * @param {string} folder
 * @param {string} sums lines as sha256sum writes them
 * @throws Error that names each file that is wrong
 */
export async function verifyFiles(folder, sums) {
  const wanted = new Map(
    sums
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/))
      .map(([sum, file]) => [file, sum]),
  );
  const wrong = [];
  for (const file of new Set([...wanted.keys(), ...readdirSync(folder)])) {
    const sum = existsSync(path.join(folder, file)) ? await sha256(path.join(folder, file)) : 'missing';
    if (sum !== wanted.get(file)) wrong.push(`${file}: ${sum}, not ${wanted.get(file) ?? 'expected at all'}`);
  }
  if (wrong.length > 0) throw new Error(`what Maven brought is not what was pinned:\n  ${wrong.join('\n  ')}`);
}

async function sha256(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
