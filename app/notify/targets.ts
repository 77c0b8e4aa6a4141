import { createHash } from 'node:crypto';
import { InputError, messageOf } from '../../core/errors.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import type { Config } from '../config.ts';
import type { KeyRing } from '../secrets.ts';
import { parseReceiver, type Receiver } from './receiver.ts';

/** Somebody who is told of what waits for a person. */
export interface Target {
  /** of the address; says nothing about it */
  readonly id: string;
  /** null where the address cannot be read: it was encrypted with another key */
  readonly receiver: Receiver | null;
}

/** The document: addresses are encrypted, since they are secrets (law 12). */
interface TargetsDocument {
  readonly targets: readonly { readonly id: string; readonly url: string }[];
}

export interface TargetDeps {
  readonly config: Pick<Config, 'notify'>;
  readonly metadata: MetadataStore;
  readonly keys: KeyRing;
}

export const TARGETS_KEY = 'notify';
const MAX_TARGETS = 20;
const MAX_URL_LENGTH = 2_000;

/** Who is told now. The environment goes before what was set here. */
export async function readTargets({ config, metadata, keys }: TargetDeps): Promise<readonly Target[]> {
  if (config.notify.length > 0) return config.notify.map((receiver) => ({ id: targetId(receiver), receiver }));
  const document = await read(metadata);
  return document.targets.map(({ id, url }) => ({ id, receiver: decrypt(keys, id, url) }));
}

/**
 * Sets who is told, all of them.
 *
 * @param urls addresses, or ids of targets that stay
 * @throws InputError where the environment says who is told, or one is no address; its message repeats none
 */
export async function writeTargets({ config, metadata, keys }: TargetDeps, urls: readonly string[]): Promise<void> {
  if (config.notify.length > 0)
    throw new InputError('HOARDARR_NOTIFY_URL says who is told: change it there, or remove it to set it here');
  if (urls.length > MAX_TARGETS) throw new InputError(`at most ${MAX_TARGETS} can be told`);
  for (;;) {
    const stored = await metadata.get(TARGETS_KEY);
    const before = (stored?.value as TargetsDocument | undefined) ?? { targets: [] };
    const targets = urls.map((text, index) => {
      const kept = before.targets.find(({ id }) => id === text.trim());
      return kept ?? encrypt(keys, text.trim(), index);
    });
    const unique = targets.filter(({ id }, index) => targets.findIndex((other) => other.id === id) === index);
    const next: TargetsDocument = { targets: unique };
    if ((await metadata.compareAndSet(TARGETS_KEY, stored?.version ?? null, next)) !== null) return;
  }
}

/** Encrypts the addresses with the first key of the ring; resolves to how many were not. */
export async function reencryptTargets(metadata: MetadataStore, ring: KeyRing): Promise<number> {
  for (;;) {
    const stored = await metadata.get(TARGETS_KEY);
    if (stored === null) return 0;
    const { targets } = stored.value as TargetsDocument;
    const old = targets.filter(({ url }) => !ring.isCurrent(url));
    if (old.length === 0) return 0;
    const next = targets.map((target) =>
      ring.isCurrent(target.url)
        ? target
        : { ...target, url: ring.encrypt(ring.decrypt(target.url, contextOf(target.id)), contextOf(target.id)) },
    );
    if ((await metadata.compareAndSet(TARGETS_KEY, stored.version, { targets: next })) !== null) return old.length;
  }
}

export function targetId({ kind, url, authorization }: Receiver): string {
  return createHash('sha256')
    .update(`${kind} ${url} ${authorization ?? ''}`)
    .digest('hex')
    .slice(0, 12);
}

/** For people: the kind and the host, and nothing of the rest, which is a secret as a whole. */
export function shownTarget({ receiver }: Target): string {
  if (receiver === null) return 'unreadable: it was encrypted with another key; set it again';
  return `${receiver.kind} at ${new URL(receiver.url).host}`;
}

async function read(metadata: MetadataStore): Promise<TargetsDocument> {
  return ((await metadata.get(TARGETS_KEY))?.value as TargetsDocument | undefined) ?? { targets: [] };
}

function encrypt(keys: KeyRing, url: string, index: number): TargetsDocument['targets'][number] {
  if (url.length > MAX_URL_LENGTH) throw new InputError(`address ${index + 1} is too long`);
  try {
    const id = targetId(parseReceiver(url));
    return { id, url: keys.encrypt(url, contextOf(id)) };
  } catch (error) {
    throw error instanceof InputError ? new InputError(`address ${index + 1} ${messageOf(error)}`) : error;
  }
}

function decrypt(keys: KeyRing, id: string, url: string): Receiver | null {
  try {
    return parseReceiver(keys.decrypt(url, contextOf(id)));
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

function contextOf(id: string): string {
  return `${TARGETS_KEY}:${id}`;
}
