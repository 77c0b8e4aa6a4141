import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import {
  describeWithProcesses,
  endOwnParts,
  type PartEnvironment,
  type PartName,
  startOwnParts,
} from './real-parts.ts';

const START_WITHIN_MS = 180_000;

/**
 * A suite with a broker of its own that wants TLS and a user, whatever the environment names.
 *
 * @param besides parts that are started with it
 * @param body gets how to reach all of them, once they run: SECURE_BROKERS, SECURE_CA, SECURE_USERNAME and SECURE_PASSWORD of the broker
 */
export function describeWithSecureBroker(
  name: string,
  besides: readonly PartName[],
  body: (found: () => PartEnvironment) => void,
): void {
  describeWithProcesses(name, () => {
    let stateDir: string;
    let found: PartEnvironment;
    beforeAll(async () => {
      stateDir = mkdtempSync(path.join(tmpdir(), 'secure-'));
      found = await startOwnParts(['kafka', ...besides], stateDir, '--secure', '1');
    }, START_WITHIN_MS);
    afterAll(() => endOwnParts(stateDir), START_WITHIN_MS);
    body(() => found);
  });
}
