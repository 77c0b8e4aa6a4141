// Asks the registry for a schema while the thread that decodes stands still: plain JavaScript, because it is loaded both from
// dist/ and from beside the sources. Messages: see schema-lookup.ts.
import { workerData } from 'node:worker_threads';
import { SchemaRegistryClient } from '@confluentinc/schemaregistry/dist/schemaregistry-client.js';

const { config, notFoundCodes, port, answered } = workerData;
const client = new SchemaRegistryClient(config);

port.on('message', async (id) => {
  const answer = await ask(id);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window: it has no origin
  port.postMessage({ id, ...answer });
  Atomics.add(answered, 0, 1);
  Atomics.notify(answered, 0);
});

async function ask(id) {
  try {
    const { schema, schemaType = 'AVRO' } = await client.getBySubjectAndId('', id);
    return schemaType === 'AVRO' ? { schema } : { missing: true };
  } catch (error) {
    if (error.status === 404 && notFoundCodes.includes(error.errorCode)) return { missing: true };
    return { error: String(error.message) };
  }
}
