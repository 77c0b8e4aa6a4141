import type { Mutant } from './mutant.ts';

/** Laws 9, 10 and 12: vectors, what must not be lost, and what must not be told. */
export const CONTENT_MUTANTS: readonly Mutant[] = [
  {
    name: 'the hash of a document counts its stars and scores',
    law: 9,
    file: 'core/document-hash.ts',
    text: 'filter(([key]) => !volatile.extra?.includes(key))',
    replacement: 'filter(() => true)',
  },
  {
    name: 'the cache knows texts by their first letters',
    law: 9,
    file: 'core/text-hash.ts',
    text: "return hash('sha256', text);",
    replacement: "return hash('sha256', text.slice(0, 4));",
  },
  {
    name: 'the cache is asked for whatever model there was',
    law: 9,
    file: 'app/fresh-generation.ts',
    text: 'await cache.getMany(model, textHashes)',
    replacement: "await cache.getMany('counting-1', textHashes)",
  },
  {
    name: 'nothing is written to the cache',
    law: 9,
    file: 'processors/embed/embedding-queue.ts',
    text: "    await steadily('writing the embedding cache', write, this.#deps, this.#stop);\n",
    replacement: '',
  },
  {
    name: 'equal texts in flight do not share a request',
    law: 9,
    file: 'processors/embed/waiting-texts.ts',
    text: 'if (entry === undefined) {\n          entry',
    replacement: 'if (true) {\n          entry',
  },
  {
    name: 'a vector is kept when the text has changed',
    law: 9,
    file: 'sinks/fold-record.ts',
    text: "const sameText = row.textHash === textHash && row.vectorHash !== ''",
    replacement: "const sameText = row.vectorHash !== ''",
  },
  {
    name: 'the offset is committed before the records are written',
    law: 10,
    file: 'processors/embed/partition-window.ts',
    text: "    const tooLarge = await this.#append('enriched', enriched, signal);",
    replacement:
      "    await this.#commit(batch);\n    const tooLarge = await this.#append('enriched', enriched, signal);",
  },
  {
    name: 'a late vector is taken although the text has changed',
    law: 10,
    file: 'sinks/fold-record.ts',
    text: "if (draft.row.textHash !== late.textHash || draft.row.vectorHash !== '') return;",
    replacement: "if (draft.row.textHash === '') return;",
  },
  {
    name: 'what waits for a vector is forgotten',
    law: 10,
    file: 'processors/embed/partition-window.ts',
    text: 'if (pending.length > 0) {',
    replacement: 'if (pending.length < 0) {',
  },
  {
    name: 'the whole batch goes when one document is refused',
    law: 10,
    file: 'sinks/apply-batch.ts',
    text: 'letters.leaveOut(refused);',
    replacement:
      "letters.leaveOut([...unit.changedDrafts()].map(({ scope, row }) => ({ scope, itemId: row.itemId, error: '' })));",
  },
  {
    name: 'what the store refused is in no dead letter',
    law: 10,
    file: 'sinks/apply-batch.ts',
    text: 'else if (!(await folder.leaveOut(input, leftOut))) await letters.write(input.offset, leftOut.reason);',
    replacement: 'else await folder.leaveOut(input, leftOut);',
  },
  {
    name: 'a copy that the store refused is in the dead letters',
    law: 1,
    file: 'sinks/fold-record.ts',
    text: '      return isCopy;\n    }\n    return type',
    replacement: '      return false;\n    }\n    return type',
  },
  {
    name: 'a copy that the store refused erases what was taken under its key',
    law: 8,
    file: 'sinks/fold-record.ts',
    text: '(each) => !contentKeys.includes(each),',
    replacement: '() => true,',
  },
  {
    name: 'what is owed is acknowledged before it is sent',
    law: 10,
    file: 'sinks/outbox.ts',
    text: '        await this.#log.append(topic, partition, records);',
    replacement:
      '        await this.#store.acknowledge(sent.map((entry) => entry.id));\n        await this.#log.append(topic, partition, records);',
  },
  {
    name: 'an error tells the token',
    law: 12,
    file: 'producers/github/api.ts',
    text: 'GitHub does not take the token any more: ${messageIn(reply)}',
    replacement: 'GitHub does not take the token any more: ${this.#token}',
  },
];
