import { z } from 'zod';
import { InputError } from '../../core/errors.ts';
import type { ProviderAnswer } from '../../core/ports/provider.ts';
import { RedditError } from './reddit-error.ts';
import type { RedditSession } from './session.ts';
import { contentOf, type RedditThing, readThing } from './thing.ts';

type Answer = ProviderAnswer<RedditThing>;

const Listing = z.object({ kind: z.literal('Listing'), data: z.object({ children: z.array(z.unknown()) }) });

/** Asks about at most 100 things in one request. What Reddit omits it says nothing about. */
export async function askAbout(
  session: RedditSession,
  itemIds: readonly string[],
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  if (!(await session.isSameLogin(signal))) return itemIds.map((itemId) => unknown(itemId, { anotherLogin: true }));
  const found = await readInfo(session, itemIds, signal);
  const answers = itemIds.map((itemId): Answer => {
    const thing = found.get(itemId);
    return thing === undefined ? unknown(itemId, { by: 'info', omitted: true }) : answerOf(itemId, thing);
  });
  return withLinkTitles(session, answers, signal);
}

/**
 * What its author deleted has to be erased, whether it is saved or not, so that goes first. What moderators removed and the
 * user saved no more is unsaved.
 */
function answerOf(itemId: string, raw: RedditThing): Answer {
  const saved = raw.data.saved ?? null;
  const content = contentOf(raw);
  const evidence = { by: 'info', saved, content, removedBy: raw.data.removed_by_category ?? null };
  if (content === 'deleted') return { itemId, answer: 'deleted', saved, evidence, raw };
  if (saved === null) return { itemId, answer: 'unknown', saved, evidence, raw };
  if (!saved) return { itemId, answer: 'unsaved', saved, evidence, raw };
  return { itemId, answer: content === 'removed' ? 'removed' : 'present', saved, evidence, raw };
}

/** Listings name the post that a comment stands under, and answers about single comments do not. */
async function withLinkTitles(
  session: RedditSession,
  answers: readonly Answer[],
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const lacking = answers.flatMap(({ answer, raw }) =>
    answer === 'present' && raw?.kind === 't1' && !raw.data.link_title && raw.data.link_id ? [raw.data.link_id] : [],
  );
  if (lacking.length === 0) return answers;
  const posts = await readInfo(session, [...new Set(lacking)], signal);
  return answers.map((answer) => {
    const title = posts.get(answer.raw?.data.link_id ?? '')?.data.title;
    if (answer.raw === null || answer.raw.kind !== 't1' || !title) return answer;
    return { ...answer, raw: { ...answer.raw, data: { ...answer.raw.data, link_title: title } } };
  });
}

async function readInfo(
  session: RedditSession,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, RedditThing>> {
  const listing = Listing.safeParse(await session.api.get('/api/info', { id: ids.join(',') }, signal));
  if (!listing.success) throw new RedditError('Reddit answered with something that is no listing');
  const found = new Map<string, RedditThing>();
  for (const row of listing.data.data.children) {
    try {
      const thing = readThing(row);
      found.set(thing.data.name, thing);
    } catch (error) {
      // What cannot be read is as good as omitted.
      if (!(error instanceof InputError)) throw error;
    }
  }
  return found;
}

function unknown(itemId: string, evidence: Readonly<Record<string, unknown>>): Answer {
  return { itemId, answer: 'unknown', saved: null, evidence, raw: null };
}
