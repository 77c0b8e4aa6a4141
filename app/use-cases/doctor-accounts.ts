import { messageOf } from '../../core/errors.ts';
import { accountName } from '../../core/keys.ts';
import { decryptCredentials } from '../../producers/credentials.ts';
import { causeOf } from '../../producers/http/fetch-body.ts';
import type { SyncMetadata } from '../../producers/sync-metadata.ts';
import type { App } from '../app.ts';
import { readAccounts } from './accounts.ts';
import type { Check } from './check.ts';

const TIMEOUT_MS = 10_000;
/** Rate limits, tokens and the cadence go by the clock. */
const MAX_SKEW_MS = 30_000;
/** Some providers turn away clients that do not say who they are. */
const HEADERS = { 'user-agent': 'hoardarr-doctor' };

/** The providers that can be asked, as far as somebody uses them or means to, and their accounts. */
export async function checkAccounts(app: App): Promise<readonly Check[]> {
  const connected = (await readAccounts(app)).filter(({ credentialKind }) => credentialKind !== null);
  const checks: Check[] = [];
  for (const { name, about } of app.live.values()) {
    const accounts = connected.filter(({ provider }) => provider === name);
    if (about === null || (accounts.length === 0 && !about.configured)) continue;
    const { missing } = about;
    if (missing !== null) checks.push({ name: `${name} settings`, ok: false, ...missing });
    checks.push(...(await checkAddress(app, name, about.address)));
    for (const account of accounts) checks.push(checkAccount(app, account));
  }
  return checks;
}

async function checkAddress(app: App, provider: string, address: string): Promise<readonly Check[]> {
  const name = `${provider} api`;
  const fix = `see whether ${address} can be reached from here: name, proxy, firewall; another address is set with ${provider.toUpperCase()}_API_URL`;
  try {
    const asked = app.clock.now();
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const reply = await app.fetch(address, { redirect: 'manual', headers: HEADERS, signal });
    await reply.body?.cancel();
    if (reply.status >= 500) return [{ name, ok: false, detail: `${address} answers ${reply.status}`, fix }];
    const theirs = Date.parse(reply.headers.get('date') ?? '');
    const check = { name, ok: true, detail: `${address} answers`, fix: null };
    return Number.isNaN(theirs) ? [check] : [check, checkClock(provider, (asked + app.clock.now()) / 2 - theirs)];
  } catch (error) {
    return [{ name, ok: false, detail: `${address} does not answer: ${causeOf(error)}`, fix }];
  }
}

function checkClock(provider: string, aheadMs: number): Check {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const ok = Math.abs(aheadMs) <= MAX_SKEW_MS;
  return {
    name: `clock against ${provider}`,
    ok,
    detail: ok
      ? `it differs by ${seconds} s at most`
      : `this machine's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${provider}`,
    fix: ok ? null : 'set the clock of this machine, and let it be kept by time synchronization (NTP)',
  };
}

function checkAccount(app: App, metadata: SyncMetadata): Check {
  const { provider, user, loginName, needsReauth, lastError } = metadata;
  const name = `account ${accountName(metadata)}`;
  const connect = `hoardarr connect ${provider} --user ${user}`;
  try {
    decryptCredentials(app.keys, metadata, metadata);
  } catch (error) {
    return { name, ok: false, detail: messageOf(error), fix: `bring the encryption key back, or: ${connect}` };
  }
  if (needsReauth) {
    const detail = `it has to be connected again: ${lastError?.message ?? 'the provider refused its credentials'}`;
    return { name, ok: false, detail, fix: connect };
  }
  const as = `connected as ${loginName ?? 'somebody'}`;
  if (lastError === null) return { name, ok: true, detail: as, fix: null };
  const detail = `${as}; its latest run was aborted: ${lastError.message}`;
  return { name, ok: true, detail, fix: null };
}
