import type { App } from './app.ts';

const ATTEMPTS = 20;
const RETRY_MS = 100;

/** Takes former values out of the bytes of the metadata; says so where another process was in the way all the time. */
export async function eraseFormerMetadata(app: App): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (await app.metadata.eraseFreed()) return;
    await app.clock.sleep(RETRY_MS);
  }
  app.telemetry.log.warn(
    'former tokens, which stand encrypted, may be in free pages of the metadata until they are used again',
  );
}
