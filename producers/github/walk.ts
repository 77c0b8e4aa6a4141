import { InputError, messageOf } from '../../core/errors.ts';
import type { DeltaWalk, ListingEnd, UnreadableRow, WalkEnd, WalkStep } from '../../core/ports/provider.ts';
import { GitHubError, jsonOf, nextOf, STAR_JSON } from './api.ts';
import type { GitHubSession } from './session.ts';
import { type GitHubStar, idOfRow, readStar } from './star.ts';

const PAGE_ITEMS = 100;
/** Walks that are begun when page 1 is another one at the end (protocol.md, Snapshot evidence). */
const WALKS = 3;
/** 200,000 stars; a longer chain of pages goes in circles. */
const MAX_PAGES = 2000;

type Step = WalkStep<GitHubStar>;

interface Page {
  readonly items: readonly GitHubStar[];
  readonly unreadable: readonly UnreadableRow[];
  /** ids of all rows, the unreadable ones too */
  readonly ids: readonly (string | null)[];
  readonly etag: string | null;
  readonly next: string | null;
}

/** Newest first, until the cursor: when the newest star was given that the last completed walk saw. */
export async function* deltaWalk(
  session: GitHubSession,
  walk: DeltaWalk,
  signal: AbortSignal,
): AsyncGenerator<Step, WalkEnd, undefined> {
  const first = await readPage(session, firstPath(session), signal, walk.etag);
  if (first === null) return { cursor: walk.cursor, etag: walk.etag };
  let cursor = walk.cursor;
  let page = first;
  for (let pages = 1; ; pages++) {
    for (const { starredAt } of page.items) if (starredAt !== null && starredAt > (cursor ?? '')) cursor = starredAt;
    yield { kind: 'page', items: page.items, unreadable: page.unreadable };
    if (page.next === null || reachesBack(page, walk)) return { cursor, etag: first.etag };
    page = await nextPage(session, page.next, pages, signal);
  }
}

/** Whether everything after this page is older than the cursor. Stars of the same second may lie on both sides of it. */
function reachesBack({ items }: Page, { cursor, isKnown }: DeltaWalk): boolean {
  const oldest = items.at(-1)?.starredAt ?? null;
  if (oldest !== null && cursor !== null) return oldest < cursor;
  return items.every(({ repo }) => isKnown(String(repo.id)));
}

/** The whole list: the chain of next pages closed, and page 1 read again at the end has the same ids. */
export async function* fullWalk(
  session: GitHubSession,
  signal: AbortSignal,
): AsyncGenerator<Step, ListingEnd, undefined> {
  for (let walks = 1; walks <= WALKS; walks++) {
    const first = await mustRead(session, firstPath(session), signal);
    let page = first;
    let rows = 0;
    let pages = 1;
    for (; ; pages++) {
      rows += page.ids.length;
      yield { kind: 'page', items: page.items, unreadable: page.unreadable };
      if (page.next === null) break;
      page = await nextPage(session, page.next, pages, signal);
    }
    const again = await readPage(session, firstPath(session), signal, first.etag);
    if (again === null || sameIds(again.ids, first.ids)) {
      return {
        cursor: first.items.reduce<string | null>((newest, { starredAt }) => later(newest, starredAt), null),
        etag: again === null ? first.etag : again.etag,
        coverage: 'complete',
        kinds: [''],
        proof: session.isPublic ? 'walks' : 'verdict',
        explicitlyEmpty: rows === 0,
        evidence: { pages, rows, walks, pageOneAgain: again === null ? 'not modified' : 'same ids' },
      };
    }
    yield { kind: 'restart', reason: 'page 1 was another one at the end of the walk' };
  }
  throw new GitHubError(200, `the list changed during each of ${WALKS} walks; the next sync walks it again`);
}

function firstPath({ isPublic, login }: GitHubSession): string {
  // By id: a login that was renamed is still the same person, and a name may by now be somebody else's.
  return `${isPublic ? `/user/${login}` : '/user'}/starred?per_page=${PAGE_ITEMS}`;
}

async function nextPage(session: GitHubSession, next: string, pages: number, signal: AbortSignal): Promise<Page> {
  if (pages >= MAX_PAGES) throw new GitHubError(200, `the list has more than ${MAX_PAGES} pages`);
  return mustRead(session, next, signal);
}

async function mustRead(session: GitHubSession, path: string, signal: AbortSignal): Promise<Page> {
  const page = await readPage(session, path, signal, null);
  if (page === null) throw new GitHubError(304, 'GitHub answered 304 to a request without a condition');
  return page;
}

/** Null: not modified. Rejects when the answer is no list. */
async function readPage(
  session: GitHubSession,
  path: string,
  signal: AbortSignal,
  etag: string | null,
): Promise<Page | null> {
  const reply = await session.api.get(path, { accept: STAR_JSON, etag }, signal);
  if (reply.status === 304 && etag !== null) return null;
  const rows = jsonOf(reply);
  if (!Array.isArray(rows)) throw new GitHubError(200, 'GitHub answered with something that is no list of stars');
  const items: GitHubStar[] = [];
  const unreadable: UnreadableRow[] = [];
  const ids: (string | null)[] = [];
  for (const row of rows as readonly unknown[]) {
    try {
      const star = readStar(row);
      items.push(star);
      ids.push(String(star.repo.id));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const itemId = idOfRow(row);
      unreadable.push({ itemId, reason: messageOf(error), payload: JSON.stringify(row) });
      ids.push(itemId);
    }
  }
  return { items, unreadable, ids, etag: reply.headers.get('etag'), next: nextOf(reply.headers) };
}

function later(a: string | null, b: string | null): string | null {
  return a === null || (b !== null && b > a) ? b : a;
}

function sameIds(a: readonly (string | null)[], b: readonly (string | null)[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
