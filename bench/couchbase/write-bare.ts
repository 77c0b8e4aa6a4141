import { connect } from 'couchbase';
import { ITEMS_AT_ONCE, sampleChanges } from './documents.ts';
import type { Place } from './place.ts';

const CONCURRENT_UPSERTS = 64;

/** The same documents by the SDK alone: a batch at a time, so many upserts at once, nothing else kept. */
export async function writeBare({ server, prefix, items }: Place): Promise<{ readonly ms: number }> {
  const cluster = await connect(server.url, { username: server.username, password: server.password });
  const collection = cluster.bucket(server.bucket).defaultCollection();
  const changeAt = sampleChanges();
  const since = performance.now();
  for (let from = 0; from < items; from += ITEMS_AT_ONCE) {
    const documents = Array.from({ length: Math.min(ITEMS_AT_ONCE, items - from) }, (_, i) => changeAt(from + i));
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let change = documents[next++]; change !== undefined; change = documents[next++]) {
        const { scope, row, content, vector } = change;
        const [provider, user, list] = scope.split('/');
        await collection.upsert(`${prefix}${scope}/${row.itemId}`, {
          type: 'item',
          provider,
          user,
          collection: list,
          scope,
          itemId: row.itemId,
          status: { state: row.state, hidden: row.hidden },
          content,
          vector: { ...vector, bytes: undefined, base64: Buffer.from(vector?.bytes ?? []).toString('base64') },
        });
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_UPSERTS }, worker));
  }
  const ms = performance.now() - since;
  await cluster.close();
  return { ms };
}
