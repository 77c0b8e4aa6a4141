// The files of schemas/, as the generator, the check and the release read them.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const releasedFolder = (root) => path.join(root, 'schemas', 'released');
const digestFile = (root) => path.join(releasedFolder(root), 'digests.json');

/** The schemas that the program writes and reads with, in order of name. */
export function currentSchemas(root) {
  const folder = path.join(root, 'schemas');
  const files = readdirSync(folder).filter((name) => name.endsWith('.avsc'));
  return files.toSorted().map((file) => {
    const schema = readJson(path.join(folder, file));
    if (`${schema.name}.avsc` !== file) throw new Error(`${file} holds the record ${schema.name}`);
    return schema;
  });
}

/** The released versions of each record, oldest first: schemas/released/RawItem/1.avsc, 2.avsc, … */
export function releasedSchemas(root) {
  const released = {};
  for (const name of releasedNames(root)) {
    const count = versionsOf(root, name).length;
    released[name] = Array.from({ length: count }, (_, index) =>
      readJson(path.join(releasedFolder(root), name, `${index + 1}.avsc`)),
    );
  }
  return released;
}

/** A sentence for each released file that is not as it was released. */
export function releasedProblems(root) {
  const file = digestFile(root);
  const kept = existsSync(file) ? readJson(file) : {};
  const present = digests(root);
  const names = [...new Set([...Object.keys(kept), ...Object.keys(present)])].toSorted();
  return names.flatMap((name) => {
    if (present[name] === kept[name]) return [];
    if (present[name] === undefined) return `schemas/released/${name} was released, and is gone`;
    if (kept[name] === undefined) return `schemas/released/${name} was added by hand: npm run schemas:release does it`;
    return `schemas/released/${name} was edited: records of it may be in a log, so put it back`;
  });
}

/** Keeps what the released files are now; only a release calls it. */
export function keepDigests(root) {
  writeFileSync(digestFile(root), `${JSON.stringify(digests(root), null, 2)}\n`);
}

function digests(root) {
  const files = releasedNames(root).flatMap((name) => versionsOf(root, name).map((version) => `${name}/${version}`));
  // Of what it says, so that other white space or line ends are no edit.
  const digestOf = (file) => JSON.stringify(readJson(path.join(releasedFolder(root), file)));
  return Object.fromEntries(files.map((file) => [file, createHash('sha256').update(digestOf(file)).digest('hex')]));
}

function releasedNames(root) {
  if (!existsSync(releasedFolder(root))) return [];
  const entries = readdirSync(releasedFolder(root), { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).toSorted();
}

function versionsOf(root, name) {
  const files = readdirSync(path.join(releasedFolder(root), name)).filter((file) => file.endsWith('.avsc'));
  return files.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}
