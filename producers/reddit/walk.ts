import { z } from 'zod';
import { InputError, messageOf } from '../../core/errors.ts';
import type { DeltaWalk, FullWalk, ListingEnd, UnreadableRow, WalkEnd, WalkStep } from '../../core/ports/provider.ts';
import { RedditError } from './reddit-error.ts';
import type { RedditSession } from './session.ts';
import { fullnameOf, type RedditThing, readThing } from './thing.ts';

const PAGE_ITEMS = '100';
/** From so many items on, the listing may be a window: it stops near 1,000, at times earlier (providers.md, section 1). */
const WINDOW_ITEMS = 800;
/** Beyond any listing that was ever seen. */
const MAX_PAGES = 100;

const Listing = z.object({
  kind: z.literal('Listing'),
  data: z.object({ children: z.array(z.unknown()), after: z.string().nullable() }),
});

type Step = WalkStep<RedditThing>;

interface Page {
  readonly items: readonly RedditThing[];
  readonly unreadable: readonly UnreadableRow[];
  readonly rows: number;
  readonly after: string | null;
}

/** Newest saved first, to the first page on which all were known: saves carry no time. */
export async function* deltaWalk(
  session: RedditSession,
  { isKnown }: DeltaWalk,
  signal: AbortSignal,
): AsyncGenerator<Step, WalkEnd, undefined> {
  const walk = readPages(session, signal);
  for (;;) {
    const { value, done } = await walk.next();
    if (done === true) break;
    yield { kind: 'page', items: value.items, unreadable: value.unreadable };
    const unreadable = value.unreadable.flatMap(({ itemId }) => itemId ?? []);
    if ([...value.items.map(({ data }) => data.name), ...unreadable].every(isKnown)) break;
  }
  return { cursor: null, etag: null };
}

/** To `after: null`. A list near the cap is a window, and so is one that ever came near it. */
export async function* fullWalk(
  session: RedditSession,
  { mostEver }: FullWalk,
  signal: AbortSignal,
): AsyncGenerator<Step, ListingEnd, undefined> {
  const walk = readPages(session, signal);
  let pages = 0;
  let rows = 0;
  for (;;) {
    const { value, done } = await walk.next();
    if (done === true) break;
    pages++;
    rows += value.rows;
    yield { kind: 'page', items: value.items, unreadable: value.unreadable };
  }
  return {
    cursor: null,
    etag: null,
    coverage: Math.max(rows, mostEver) >= WINDOW_ITEMS ? 'window' : 'complete',
    kinds: ['t1', 't3'],
    proof: 'verdict',
    explicitlyEmpty: rows === 0,
    evidence: { pages, rows, walkedTo: 'after: null', mostEver },
  };
}

async function* readPages(session: RedditSession, signal: AbortSignal): AsyncGenerator<Page, void, undefined> {
  const seen = new Set<string>();
  let after: string | null = null;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page: Page = await readPage(session, after, seen.size, signal);
    const names = [...page.items.map(({ data }) => data.name), ...page.unreadable.map(({ itemId }) => itemId ?? '')];
    if (names.length > 0 && names.every((name) => seen.has(name)))
      throw new RedditError('Reddit gave a page again, so the list cannot be walked to its end now');
    for (const name of names) seen.add(name);
    yield page;
    if (page.after === null) return;
    after = page.after;
  }
  throw new RedditError(`the list has more than ${MAX_PAGES} pages`);
}

async function readPage(
  session: RedditSession,
  after: string | null,
  count: number,
  signal: AbortSignal,
): Promise<Page> {
  const path = `/user/${encodeURIComponent(session.loginName)}/saved`;
  const position: Record<string, string> = after === null ? {} : { after, count: String(count) };
  const listing = Listing.safeParse(await session.api.get(path, { limit: PAGE_ITEMS, ...position }, signal));
  if (!listing.success) throw new RedditError('Reddit answered with something that is no listing');
  const { children, after: next } = listing.data.data;
  if (children.length === 0 && next !== null)
    throw new RedditError('Reddit gave an empty page in the middle of the list');
  const items: RedditThing[] = [];
  const unreadable: UnreadableRow[] = [];
  for (const row of children) {
    try {
      items.push(readThing(row));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      unreadable.push({ itemId: fullnameOf(row), reason: messageOf(error), payload: JSON.stringify(row) });
    }
  }
  return { items, unreadable, rows: children.length, after: next };
}
