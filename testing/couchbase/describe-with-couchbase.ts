import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { type CouchbaseServer, startCouchbase } from './couchbase-server.ts';

const START_WITHIN_MS = 120_000;

/**
 * A suite on Couchbase's protocol: on what COUCHBASE_URL names, else on the protocol server, started for the suite. Where
 * neither can be, its tests are skipped, and the reason is printed; with HOARDARR_REQUIRE_STACK=1 that fails.
 */
export function describeWithCouchbase(name: string, body: (server: () => CouchbaseServer) => void): void {
  const lacking = whatIsLacking();
  if (lacking === null) {
    describe(name, () => {
      let server: CouchbaseServer | null = null;
      beforeAll(async () => {
        server = await startCouchbase();
      }, START_WITHIN_MS);
      afterAll(() => server?.close());
      body(() => {
        if (server === null) throw new Error('the server is known only once tests run');
        return server;
      });
    });
    return;
  }
  if (process.env['HOARDARR_REQUIRE_STACK'] === '1') {
    it(`${name}: has the server that it needs`, () => {
      throw new Error(`${lacking}, and HOARDARR_REQUIRE_STACK is set`);
    });
    return;
  }
  process.stderr.write(`skipped: ${name}: ${lacking}\n`);
  // oxlint-disable-next-line jest/no-disabled-tests -- tests may be skipped here, with a reason and counted
  describe.skip(`${name} (skipped: ${lacking})`, () => body(() => Object.create(null) as CouchbaseServer));
}

/** Null where there is a server, or one can be started. */
function whatIsLacking(): string | null {
  if ((process.env['COUCHBASE_URL'] ?? '') !== '' || ['java', 'mvn'].every(isOnPath)) return null;
  return 'needs COUCHBASE_URL, or Java 17 and Maven to start the protocol server';
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
