import { InputError } from '../../../core/errors.ts';
import { openZip, type ZipLimits } from '../../../producers/zip.ts';
import { makeZip } from '../../../testing/make-zip.ts';
import { makeZip64 } from '../../../testing/make-zip64.ts';
import { type FuzzTarget, holds, readOrRefuse } from '../target.ts';
import { ScratchFolder } from './scratch-file.ts';

/** Small, so that what is meant for millions of entries shows with a few. */
const LIMITS: ZipLimits = { entries: 20, totalBytes: 1_000_000, ratio: 50, ratioFromBytes: 100_000 };

async function readAll(file: string): Promise<number> {
  const archive = await openZip(file, LIMITS);
  try {
    let bytes = 0;
    for (const { open } of archive.files) {
      await readOrRefuse(async () => {
        for await (const chunk of open()) bytes += chunk.length;
      }, [InputError]);
    }
    holds(archive.files.length <= LIMITS.entries, `${archive.files.length} entries were let through`);
    return bytes;
  } finally {
    archive.close();
  }
}

export const zipArchive: FuzzTarget = {
  about: 'ZIP archives: bombs, names, sizes that lie, ZIP64',
  seeds: [
    makeZip([{ name: 'a.json', data: '{"a":1}' }]),
    makeZip([
      { name: '../../etc/passwd', data: 'x'.repeat(300), modifiedAt: Date.UTC(2026, 2, 14) },
      { name: 'b/', data: '' },
      { name: 'c.txt', data: 'stored', stored: true },
    ]),
    makeZip([{ name: 'bomb', data: 'a'.repeat(400_000) }]),
    makeZip([{ name: 'liar', data: 'x'.repeat(100), declaredSize: 7 }]),
    makeZip([{ name: 'secret', data: 'abc', encrypted: true }]),
    makeZip([]),
    makeZip64('large.json', '{"b":2}'),
  ],
  words: [
    'PK\u0001\u0002',
    'PK\u0003\u0004',
    'PK\u0005\u0006',
    'PK\u0006\u0006',
    'PK\u0006\u0007',
    '\u00ff\u00ff\u00ff\u00ff',
  ],
  open: async () => {
    const folder = new ScratchFolder();
    return {
      run: async (input) => {
        const bytes = await readOrRefuse(() => readAll(folder.write('export.zip', input)), [InputError]);
        // A chunk that goes over the limit is seen before it is counted, and then the next file may be tried.
        holds((bytes ?? 0) <= LIMITS.totalBytes, `${bytes} bytes were unpacked`);
      },
      close: async () => folder.remove(),
    };
  },
};
