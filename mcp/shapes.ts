import { z } from 'zod';

/** Shapes of what the tools take and give. */

const foreign = z.string().nullable().describe('written by others, between boundaries');
const time = z.string().nullable().describe('ISO 8601 UTC');

export const provider = z.string().describe('reddit, github or tiktok');
export const collection = z.string().describe('saved (reddit), starred (github) or favorites (tiktok)');
export const user = z
  .string()
  .optional()
  .describe('whose items, where the installation has several users; usually left out');
export const limit = (most: number, usual: number): z.ZodDefault<z.ZodNumber> =>
  z.number().int().min(1).max(most).default(usual);

/** How an item is asked for. */
export const Named = { provider, collection, itemId: z.string().describe('as a search gives it'), user };

/** At the head of each answer. */
export const Head = {
  notice: z.string(),
  boundary: z.string().describe('the name of the marks around texts that others wrote, in this answer alone'),
};

export const ItemName = { provider, user: z.string(), collection, itemId: z.string() };

export const Result = z.object({
  ...ItemName,
  state: z.string().nullable(),
  title: foreign,
  url: foreign,
  author: foreign,
  savedAt: time,
  snippet: foreign,
  score: z.number().describe('comparable within one answer only; higher is better'),
});

export const Item = {
  ...ItemName,
  state: z.string().nullable().describe('active, held (its removal waits for a person), trash or purged'),
  pinned: z.boolean(),
  blocked: z.boolean(),
  hidden: z.boolean().describe('its author deleted it: its text is not shown'),
  unavailable: z.boolean(),
  title: foreign,
  url: foreign,
  author: foreign,
  savedAt: time,
  createdAt: time,
  body: foreign,
  extra: z.record(z.string(), z.unknown()),
};

export const HistoryLine = z.object({
  at: time,
  event: z.string(),
  reason: foreign,
  snapshotId: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()),
  author: z.string(),
});

export const Preview = z.object({
  ...ItemName,
  title: foreign,
  state: z.string().nullable(),
  applies: z.boolean(),
  outcome: z.string(),
});

export const Decided = z.object({
  ...ItemName,
  done: z.boolean(),
  reason: z.string().nullable(),
  state: z.string().nullable(),
});
