import { InputError, messageOf } from '../../core/errors.ts';
import type { DeltaWalk, ListingEnd, UnreadableRow, WalkEnd, WalkStep } from '../../core/ports/provider.ts';
import { GitHubError, jsonOf, linkOf, STAR_JSON } from './api.ts';
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
  /** number of the last page, as this one names it; null: it names none */
  readonly last: number | null;
}

/** A chain of pages that was followed from page 1. */
interface Chain {
  readonly first: Page;
  readonly pages: number;
  readonly rows: number;
  /** why it is not the whole list; null: nothing speaks against that */
  readonly flaw: string | null;
}

/** Newest first, until the cursor: when the newest star was given that the last completed walk saw. */
export async function* deltaWalk(
  session: GitHubSession,
  walk: DeltaWalk,
  signal: AbortSignal,
): AsyncGenerator<Step, WalkEnd, undefined> {
  const first = await readPage(session, firstPath(session), signal, walk.etag);
  if (first === null) return { cursor: walk.cursor, etag: walk.etag };
  const pages = followPages(session, first, signal);
  let cursor = walk.cursor;
  for (;;) {
    const { value, done } = await pages.next();
    if (done === true) {
      if (value.flaw !== null) throw new GitHubError(200, value.flaw);
      break;
    }
    for (const { starredAt } of value.items) cursor = later(cursor, starredAt);
    yield { kind: 'page', items: value.items, unreadable: value.unreadable };
    if (reachesBack(value, walk)) break;
  }
  return { cursor, etag: first.etag };
}

/** Whether everything after this page is older than the cursor. Stars of the same second may lie on both sides of it. */
function reachesBack({ items, ids }: Page, { cursor, isKnown }: DeltaWalk): boolean {
  const oldest = items.at(-1)?.starredAt ?? null;
  if (oldest !== null && cursor !== null) return oldest < cursor;
  return ids.every((id) => id === null || isKnown(id));
}

/** The whole list: the chain of next pages closed, and page 1 read again at the end has the same ids. */
export async function* fullWalk(
  session: GitHubSession,
  signal: AbortSignal,
): AsyncGenerator<Step, ListingEnd, undefined> {
  let flaw = '';
  for (let walks = 1; walks <= WALKS; walks++) {
    const chain = yield* walkPages(session, signal);
    const { first, pages, rows } = chain;
    // Page 1 as it was when it was taken in: what changed in it since is for the next delta to see.
    const again = chain.flaw === null ? await readPage(session, firstPath(session), signal, first.etag) : first;
    if (chain.flaw === null && (again === null || sameIds(again.ids, first.ids))) {
      return {
        cursor: first.items.reduce<string | null>((newest, { starredAt }) => later(newest, starredAt), null),
        etag: first.etag,
        coverage: 'complete',
        kinds: [''],
        proof: session.isPublic ? 'walks' : 'verdict',
        explicitlyEmpty: rows === 0,
        evidence: { pages, rows, walks, pageOneAgain: again === null ? 'not modified' : 'same ids' },
      };
    }
    flaw = chain.flaw ?? 'page 1 was another one at the end of the walk';
    yield { kind: 'restart', reason: flaw };
  }
  throw new GitHubError(200, `the list could not be walked as a whole in ${WALKS} walks: ${flaw}`);
}

async function* walkPages(session: GitHubSession, signal: AbortSignal): AsyncGenerator<Step, Chain, undefined> {
  const pages = followPages(session, await mustRead(session, firstPath(session), signal), signal);
  for (;;) {
    const { value, done } = await pages.next();
    if (done === true) return value;
    yield { kind: 'page', items: value.items, unreadable: value.unreadable };
  }
}

/** The pages from page 1 on, as far as they make one list. */
async function* followPages(
  session: GitHubSession,
  first: Page,
  signal: AbortSignal,
): AsyncGenerator<Page, Chain, undefined> {
  const seen = new Set<string | null>();
  let page = first;
  let rows = 0;
  for (let pages = 1; ; pages++) {
    const flaw = flawOf(page, seen, pages - 1, first.last);
    if (flaw !== null) return { first, pages, rows, flaw };
    for (const id of page.ids) seen.add(id);
    rows += page.ids.length;
    yield page;
    if (page.next === null) {
      const isWhole = first.last === null || pages >= first.last;
      return { first, pages, rows, flaw: isWhole ? null : 'the pages ended before the last one that page 1 named' };
    }
    if (pages >= MAX_PAGES) throw new GitHubError(200, `the list has more than ${MAX_PAGES} pages`);
    page = await mustRead(session, page.next, signal);
  }
}

/** What keeps a page from being the next one of the list: answers that only look like pages, and pages that moved. */
function flawOf(
  { ids, next }: Page,
  seen: ReadonlySet<string | null>,
  before: number,
  last: number | null,
): string | null {
  if (ids.length === 0) return next === null && before >= (last ?? 0) ? null : 'a page of the list was empty';
  return ids.every((id) => id !== null && seen.has(id)) ? 'a page of the list came again' : null;
}

function firstPath({ isPublic, login }: GitHubSession): string {
  // By id: a login that was renamed is still the same person, and a name may by now be somebody else's.
  return `${isPublic ? `/user/${login}` : '/user'}/starred?per_page=${PAGE_ITEMS}`;
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
  const last = linkOf(reply.headers, 'last');
  return {
    items,
    unreadable,
    ids,
    etag: reply.headers.get('etag'),
    next: nextPath(path, reply.headers, rows.length, session.isPublic ? 1 : PAGE_ITEMS),
    last: last === null ? null : pageNumber(last),
  };
}

/**
 * @param doubtedFrom rows of a page without links from which on what comes after it is looked at. A full one is the only page, or its
 *   links were lost; one that is not full may lack what GitHub left out of it, and of a public list nobody can be asked.
 */
function nextPath(path: string, headers: Headers, rows: number, doubtedFrom: number): string | null {
  const next = linkOf(headers, 'next');
  if (next !== null || headers.has('link') || rows < doubtedFrom) return next;
  return `${path.replace(/&page=\d+/, '')}&page=${pageNumber(path) + 1}`;
}

function pageNumber(path: string): number {
  return Number(/[?&]page=(\d+)/.exec(path)?.[1] ?? 1);
}

function later(a: string | null, b: string | null): string | null {
  return a === null || (b !== null && b > a) ? b : a;
}

function sameIds(a: readonly (string | null)[], b: readonly (string | null)[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
