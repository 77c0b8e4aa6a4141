// Brings a part of the stack from Maven, once: pinned, checked by checksum, cached for all checkouts of this user.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../lock-file.mjs';
import { run } from '../run.mjs';
import { verifyFiles } from './verify-files.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

/** The plugin that Maven 3 itself names; pinned so that every Maven copies in the same way. */
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies';

/** What Maven is asked for, by part. Files and their checksums are in checksums/PART.sha256. */
const ARTIFACTS = {
  kafka: { groupId: 'org.apache.kafka', artifactId: 'kafka_2.13', version: '4.1.0' },
  // Version 3 needs Java 21. Its archive holds all that it needs.
  registry: {
    groupId: 'io.apicurio',
    artifactId: 'apicurio-registry-app',
    version: '2.6.13.Final',
    type: 'tar.gz',
    classifier: 'all',
  },
  couchbase: { groupId: 'com.couchbase.mock', artifactId: 'CouchbaseMock', version: '1.5.25' },
};

export const PART_NAMES = Object.keys(ARTIFACTS);

/**
 * The folder with the files of a part, fetched where it is missing. Maven finds its repositories by its own configuration.
 *
 * @param {'kafka' | 'registry' | 'couchbase'} part
 * @returns {Promise<string>}
 * @throws where Maven fails, or a file is not the one that the checksum is of
 */
export async function fetchPart(part) {
  const sums = readFileSync(path.join(here, 'checksums', `${part}.sha256`), 'utf8');
  const { version } = ARTIFACTS[part];
  // Named by the checksums too, so that a change of them is another folder.
  const name = `${part}-${version}-${createHash('sha256').update(sums).digest('hex').slice(0, 12)}`;
  const folder = path.join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  await withLock(
    `${folder}.lock`,
    async () => {
      if (!existsSync(folder)) await fetchInto(part, sums, folder);
    },
    () => say(`another process fetches ${name}; waiting for it`),
  );
  return folder;
}

function cacheFolder() {
  const { XDG_CACHE_HOME: cacheHome } = process.env;
  return path.join(cacheHome || path.join(homedir(), '.cache'), 'hoardarr', 'stack');
}

/** Beside the folder, and renamed when all of it is right: what is there is whole. */
async function fetchInto(part, sums, folder) {
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  say(`fetching ${path.basename(folder)} from Maven`);
  const pom = path.join(draft, 'pom.xml');
  writeFileSync(pom, pomOf(part));
  const args = ['-B', '-q', '-f', pom, COPY, `-DoutputDirectory=${draft}`];
  const status = await run('mvn', args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`Maven ended with status ${status}; its message is above`);
  rmSync(pom);
  await verifyFiles(draft, sums);
  for (const file of readdirSync(draft)) if (file.endsWith('.tar.gz')) await unpack(draft, file);
  renameSync(draft, folder);
}

function pomOf(part) {
  const { type = 'jar', classifier, ...coordinates } = ARTIFACTS[part];
  const element = ([name, value]) => `<${name}>${value}</${name}>`;
  const dependency = Object.entries({ ...coordinates, type, ...(classifier && { classifier }) })
    .map(element)
    .join('');
  const none = '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>hoardarr.stack</groupId><artifactId>${part}</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency>${dependency}${type === 'jar' ? '' : none}</dependency></dependencies></project>
`;
}

async function unpack(folder, file) {
  const status = await run('tar', ['-xzf', file], { cwd: folder, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${file} could not be unpacked: tar ended with status ${status}`);
  rmSync(path.join(folder, file));
}

function say(text) {
  process.stderr.write(`stack: ${text}\n`);
}
