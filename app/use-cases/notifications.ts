import type { App } from '../app.ts';
import { testNotice } from '../notify/notice.ts';
import { parseReceiver, type Receiver } from '../notify/receiver.ts';
import { send } from '../notify/send.ts';
import { readTargets, shownTarget, targetId, writeTargets } from '../notify/targets.ts';

/** Who is told, as people may see it: an address is a secret as a whole. */
export interface Targets {
  readonly targets: readonly {
    readonly id: string;
    readonly kind: Receiver['kind'] | null;
    readonly shown: string;
  }[];
  /** HOARDARR_NOTIFY_URL says it, and goes before what is set here */
  readonly fromEnvironment: boolean;
}

export interface TestReport {
  readonly ok: boolean;
  /** in words, a line for each target */
  readonly detail: string;
}

export async function listTargets(app: App): Promise<Targets> {
  const targets = await readTargets(app);
  return {
    targets: targets.map((target) => ({
      id: target.id,
      kind: target.receiver?.kind ?? null,
      shown: shownTarget(target),
    })),
    fromEnvironment: app.config.notify.length > 0,
  };
}

/** Sets all of them: addresses, or ids of those that stay. Throws InputError as writeTargets does. */
export async function setTargets(app: App, urls: readonly string[]): Promise<Targets> {
  await writeTargets(app, urls);
  return await listTargets(app);
}

/**
 * Sends a test to everybody who is told, or to one address, or to the target of an id.
 *
 * @throws InputError where it is no address; its message does not repeat it
 */
export async function testTargets(app: App, url?: string): Promise<TestReport> {
  const known = await readTargets(app);
  const one = url === undefined ? undefined : known.find(({ id }) => id === url.trim());
  const targets = url === undefined ? known : [one ?? given(url)];
  if (targets.length === 0) return { ok: false, detail: 'nobody is told: add an address first' };
  const results = await Promise.all(
    targets.map(async (target) => {
      const shown = shownTarget(target);
      if (target.receiver === null) return { ok: false, detail: shown };
      const at = app.clock.now();
      const sent = await send(app, target.receiver, testNotice(at), at);
      return sent.is === 'taken'
        ? { ok: true, detail: `${shown} took it` }
        : { ok: false, detail: `${shown}: ${sent.detail}` };
    }),
  );
  return { ok: results.every(({ ok }) => ok), detail: results.map(({ detail }) => detail).join('\n') };
}

function given(url: string): { readonly id: string; readonly receiver: Receiver } {
  const receiver = parseReceiver(url.trim());
  return { id: targetId(receiver), receiver };
}
