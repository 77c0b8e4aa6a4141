import { z } from 'zod';

/** Shapes of what the API takes and gives, for checking and for its description. */

const time = z.string().nullable().describe('ISO 8601 UTC');
const evidence = z.record(z.string(), z.unknown());

export const userName = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, _ and -');
export const user = userName.optional().describe('whose; where it is left out, all users');

export const count = (most: number, usual: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().int().min(1).max(most).default(usual);

export const savedFrom = z.string().optional().describe('saved on this date or later; ISO 8601, a date or a moment');
export const savedTo = z
  .string()
  .optional()
  .describe('saved on this date or earlier; a date counts as a whole day (UTC)');

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  instance: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

export const ItemName = z.object({
  provider: z.string(),
  user: z.string(),
  collection: z.string(),
  itemId: z.string(),
});
const Shown = z.object({
  title: z.string().nullable(),
  url: z.string().nullable(),
  author: z.string().nullable(),
  savedAt: time,
});

export const SearchResult = z.object({
  ...ItemName.shape,
  state: z.string().nullable(),
  ...Shown.shape,
  hasThumbnail: z.boolean(),
  score: z.number(),
  matched: z.array(z.enum(['words', 'meaning'])).describe('by which rankings it was found'),
  snippet: z.string(),
});
export const SearchResults = z.object({ mode: z.enum(['hybrid', 'text']), results: z.array(SearchResult) });

export const Item = z.object({
  ...ItemName.shape,
  state: z.string().nullable(),
  pinned: z.boolean(),
  blocked: z.boolean(),
  hidden: z.boolean(),
  stub: z.boolean(),
  unavailable: z.boolean(),
  hasVector: z.boolean(),
  hasThumbnail: z.boolean(),
  ...Shown.shape,
});
const HistoryLine = z.object({
  at: time,
  event: z.string(),
  reason: z.string(),
  snapshotId: z.string().nullable(),
  evidence,
  author: z.string(),
});
const ListedItem = z.object({
  ...Item.shape,
  removedAt: time.describe('when it went to the trash, where it is there'),
  purgeAt: time.describe('from when on it is purged, where it is in the trash'),
  removal: HistoryLine.nullable()
    .optional()
    .describe('where explain=true asked for it: the line of its history that tells why it is in the trash'),
});
export const ItemPage = z.object({
  items: z.array(ListedItem),
  next: z.string().nullable(),
  total: z.number().describe('of all pages'),
});
export const ItemDetail = z.object({
  ...Item.shape,
  body: z.string().nullable(),
  createdAt: time,
  thumbnailUrl: z.string().nullable(),
  extra: evidence,
});

export const Explanation = z.object({
  ...ItemName.shape,
  title: z.string().nullable(),
  url: z.string().nullable(),
  state: z.string().nullable(),
  pinned: z.boolean(),
  blocked: z.boolean(),
  hidden: z.boolean(),
  history: z.array(HistoryLine),
});

export const Decided = z.object({
  itemId: z.string(),
  done: z.boolean(),
  reason: z.string().nullable(),
  state: z.string().nullable(),
});

/** A problem document with what became of the decision. */
export const NotDecided = z.object({ ...Problem.shape, ...Decided.shape });

export const HeldGroups = z.object({
  held: z.array(
    z.object({
      id: z.string(),
      scope: z.string(),
      provider: z.string(),
      user: z.string(),
      collection: z.string(),
      count: z.number(),
      reason: z.string(),
      createdAt: time,
      evidence,
      items: z.array(z.object({ itemId: z.string(), ...Shown.shape, why: z.string().describe('in plain words') })),
    }),
  ),
});

export const Accounts = z.object({
  accounts: z.array(
    z.object({
      provider: z.string(),
      user: z.string(),
      collection: z.string().nullable(),
      login: z.string().nullable(),
      syncCount: z.number(),
      lastSyncAt: time,
      lastFullReconciliation: time,
      active: z.number(),
      trash: z.number(),
      held: z.number(),
      purged: z.number(),
      pinned: z.number(),
      blocked: z.number(),
      stub: z.number(),
      digest: z.string().nullable(),
      converged: z.boolean().nullable(),
      needsReauth: z.boolean(),
      paused: z.boolean(),
      connected: z.boolean(),
      loginName: z.string().nullable(),
      nextSyncAt: time,
      lastError: z.string().nullable(),
      lastErrorAt: time,
      cadenceMs: z.number().nullable().describe('between two syncs; null where there are none'),
      budget: z
        .object({ limit: z.number(), remaining: z.number(), resetAt: time })
        .nullable()
        .describe('requests that syncs may still make; null: none were made yet'),
      convergence: z.object({
        converged: z.boolean().nullable(),
        count: z.number().nullable(),
        checkedAt: time,
        asOf: time.describe('the moment that the export speaks of, where it was one'),
        sentence: z.string(),
      }),
    }),
  ),
});

export const AccountSet = z.object({
  provider: z.string(),
  user: z.string(),
  paused: z.boolean(),
  cadenceMs: z.number(),
});
export const Disconnected = z.object({
  provider: z.string(),
  user: z.string(),
  erased: z.number().describe('items that were purged'),
});

export const AskedSync = z.object({
  commandId: z.string().describe('the run that executes it names it'),
  provider: z.string(),
  user: z.string(),
  full: z.boolean(),
});

export const UploadState = z.looseObject({
  id: z.string(),
  provider: z.string(),
  user: z.string(),
  fileName: z.string(),
  bytes: z.number(),
  status: z.enum(['receiving', 'queued', 'importing', 'done', 'failed']),
  progress: z.object({ phase: z.string(), done: z.number(), total: z.number().nullable() }).nullable(),
  error: z.string().nullable(),
  createdAt: time,
  finishedAt: time,
});
