import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { testSchemaCodec } from '../../testing/contracts/schema-codec.ts';
import { openLocalCodec } from './open-local-codec.ts';

testSchemaCodec('the local codec', () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'hoardarr-codec-'));
  return {
    open: (schemas) => openLocalCodec(schemas === undefined ? { dataDir } : { dataDir, schemas }),
    close: () => rmSync(dataDir, { recursive: true }),
  };
});
