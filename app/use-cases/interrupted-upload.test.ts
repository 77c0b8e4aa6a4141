import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CliWorld, videos } from '../../cli/run-cli.test-helper.ts';
import { StoreUnavailableError } from '../../core/errors.ts';
import type { Importer } from '../../producers/import-run.ts';
import type { App } from '../app.ts';
import { loadConfig } from '../config.ts';
import { openApp } from '../open-app.ts';
import { createTelemetry } from '../telemetry.ts';
import { waitUntilSettled } from './settle.ts';
import type { Upload } from './upload.ts';
import { Uploads } from './uploads.ts';

let world: CliWorld;
let app: App;
let uploads: Uploads | null;
beforeEach(async () => {
  world = new CliWorld();
  uploads = null;
  app = await openApp(
    loadConfig({ dataDir: world.dataDir }, world.env),
    createTelemetry({ level: 'silent', secrets: [] }),
  );
});
afterEach(async () => {
  await uploads?.stop();
  await app.close();
  world.remove();
});

/** Takes exports in as the real one does; `then` comes when everything of it is applied, and nobody was told. */
function applying(then: () => Promise<void>): Importer {
  const real = app.importers.get('tiktok');
  if (real === undefined) throw new Error('there is none');
  return async (file, options) => {
    const result = await real(file, options);
    await waitUntilSettled(app, result.syncId);
    await then();
    return result;
  };
}

function uploadsWith(importer: Importer): Uploads {
  return new Uploads({ ...app, importers: new Map([['tiktok', importer]]) });
}

async function receive(taking: Uploads, count: number): Promise<string> {
  const stream = createReadStream(world.export('x.json', videos(count)));
  const about = { provider: 'tiktok', user: 'me', fileName: 'x.json', asOf: async () => null };
  return (await taking.receive(stream, about)).id;
}

async function ended(taking: Uploads, id: string): Promise<Upload> {
  while ((await taking.get(id)).finishedAt === null) await sleep(10);
  return taking.get(id);
}

const WHOLE = { processed: 40, new: 40, unchanged: 0, removed: 0, converged: true };

it('tells what an export brought where the process ended after it was applied, and before it was told', async () => {
  let tell = (): void => undefined;
  const isApplied = new Promise<void>((resolve) => (tell = resolve));
  const first = uploadsWith(
    applying(async () => {
      tell();
      await new Promise(() => undefined);
    }),
  );
  const id = await receive(first, 40);
  await isApplied;
  // What a process that is killed leaves: the document, and the file.
  uploads = new Uploads(app);
  const stored = await app.metadata.get(`upload:${id}`);
  const gone = { ...(stored?.value as Upload), instance: 'process-1:7:1:1' };
  await app.metadata.compareAndSet(`upload:${id}`, stored?.version ?? null, gone);
  await uploads.start();
  const { report } = await ended(uploads, id);
  expect(report).toMatchObject(WHOLE);
  expect(report?.warnings).toEqual(expect.not.arrayContaining([expect.stringMatching(/nothing was changed/)]));
});

it('tells what an export brought where the store was away after it was applied', async () => {
  let outages = 1;
  const importer = applying(async () => {
    if (outages-- > 0) throw new StoreUnavailableError('cut off');
  });
  const taking = uploadsWith(importer);
  uploads = taking;
  const { report } = await ended(taking, await receive(taking, 40));
  expect(report).toMatchObject(WHOLE);
});
