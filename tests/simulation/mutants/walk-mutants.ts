import type { Mutant } from './mutant.ts';

/** Law 5: what a source says, and what a failure looks like. */
export const WALK_MUTANTS: readonly Mutant[] = [
  {
    name: 'Begin goes out after the first page',
    law: 3,
    file: 'producers/sync/sync-run.ts',
    text: `  const snapshot = await beginSnapshot(deps, run, collection, session.login, null);
  const steps = listIds(session, fullRequest(run.metadata, collection), run.signal);
  const walked = await walkCollection(deps, provider, session, run, collection, known, steps);`,
    replacement: `  const steps = listIds(session, fullRequest(run.metadata, collection), run.signal);
  const walked = await walkCollection(deps, provider, session, run, collection, known, steps);
  const snapshot = await beginSnapshot(deps, run, collection, session.login, null);`,
  },
  {
    name: 'a page that failed is the end of the list',
    law: 5,
    file: 'producers/github/walk.ts',
    text: '    page = await mustRead(session, page.next, signal);',
    replacement: `    try {
      page = await mustRead(session, page.next, signal);
    } catch {
      return { first, pages, rows, flaw: null };
    }`,
  },
  {
    name: 'a 401 is an empty list',
    law: 5,
    file: 'producers/github/api.ts',
    text: 'if (reply.status === 401)\n      throw new ReauthorizationError(`GitHub does not take the token any more: ${messageIn(reply)}`);\n    return reply;',
    replacement: "return reply.status === 401 ? { ...reply, status: 200, body: '[]' } : reply;",
  },
  {
    name: 'a list of somebody else is believed',
    law: 5,
    file: 'producers/sync/connected-run.ts',
    text: 'if (found !== session.login)',
    replacement: 'if (false)',
  },
  {
    name: 'an empty page in the middle of the list is its end',
    law: 5,
    file: 'producers/reddit/walk.ts',
    text: "  if (children.length === 0 && next !== null)\n    throw new RedditError('Reddit gave an empty page in the middle of the list');\n",
    replacement: '  if (children.length === 0) return { items: [], unreadable: [], rows: 0, after: null };\n',
  },
  {
    name: 'a list that changed while it was walked counts',
    law: 5,
    file: 'producers/github/walk.ts',
    text: 'if (chain.flaw === null && (again === null || sameIds(again.ids, first.ids))) {',
    replacement: 'if (chain.flaw === null) {',
  },
  {
    name: 'a public list says what is gone, though a token had shown more',
    law: 3,
    file: 'core/ledger.ts',
    text: "return proof !== 'walks' || publicOnly;",
    replacement: 'return true;',
  },
  {
    name: 'one walk of a public list is enough',
    law: 3,
    file: 'core/fold/apply-snapshot.ts',
    text: 'return row.absentSince >= 0 && lastSeen(row, context.scope) < row.absentSince;',
    replacement: 'return true;',
  },
  {
    name: 'a page of a public list without links is its end',
    law: 5,
    file: 'producers/github/walk.ts',
    text: 'session.isPublic ? 1 : PAGE_ITEMS',
    replacement: 'PAGE_ITEMS',
  },
];
