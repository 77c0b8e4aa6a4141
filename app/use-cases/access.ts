import { OidcLogin, reasonOf } from '../access/oidc-login.ts';
import { OwnerAccess } from '../access/owner-access.ts';
import { describeProtection } from '../access/protection.ts';
import type { App } from '../app.ts';
import type { OidcSettings } from '../config-access.ts';
import type { Check } from './check.ts';

/** What became of the password. */
export interface PasswordReport {
  readonly hasPassword: boolean;
  readonly sessionsEnded: number;
  /** for people: what lets somebody in now */
  readonly protection: string;
}

/** Sets the password, and logs everybody out. InputError where it is too short or too long. */
export async function setPassword(app: App, password: string): Promise<PasswordReport> {
  const sessionsEnded = await new OwnerAccess(app).setPassword(password);
  return { hasPassword: true, sessionsEnded, protection: describeProtection(app.config, true).text };
}

/** Takes the password away, and logs everybody out. */
export async function resetPassword(app: App): Promise<PasswordReport> {
  const sessionsEnded = await new OwnerAccess(app).removePassword();
  return { hasPassword: false, sessionsEnded, protection: describeProtection(app.config, false).text };
}

/** A link that logs its reader in, once, within ten minutes. It is a secret: show it to the owner alone. */
export async function createLoginLink(app: App): Promise<{ readonly url: string; readonly expiresAt: string }> {
  const { secret, expiresAt } = await new OwnerAccess(app).createLink();
  return {
    url: `${addressOf(app)}/v1/session/link?code=${secret}`,
    expiresAt: new Date(expiresAt).toISOString(),
  };
}

/** What `doctor` says about who can reach the API, and whether the OpenID Connect provider answers. */
export async function checkAccess(app: App): Promise<readonly Check[]> {
  const hasPassword = await new OwnerAccess(app).hasPassword();
  const { isSafe, text } = describeProtection(app.config, hasPassword);
  const fix = isSafe ? null : '`hoardarr password set`, or see docs/access.md';
  const { oidc } = app.config.access;
  return [
    { name: 'access', ok: isSafe, detail: text, fix },
    ...(oidc === null ? [] : [await checkProvider(app, oidc)]),
  ];
}

async function checkProvider(app: App, oidc: OidcSettings): Promise<Check> {
  const name = 'openid connect';
  try {
    await new OidcLogin(oidc, addressOf(app), app.fetch).check();
    return { name, ok: true, detail: `${oidc.issuer} answers`, fix: null };
  } catch (error) {
    const fix =
      'check HOARDARR_OIDC_ISSUER: its /.well-known/openid-configuration has to be reached from here, and to name it';
    return { name, ok: false, detail: `${oidc.issuer} does not answer as a provider: ${reasonOf(error)}`, fix };
  }
}

/** Where the API is, as far as the settings tell: it may run in another process. */
function addressOf({ config: { access, host, port, basePath } }: App): string {
  const [publicUrl] = access.publicUrls;
  if (publicUrl !== undefined) return publicUrl;
  const isEvery = host === '0.0.0.0' || host === '::';
  const name = isEvery ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}${basePath}`;
}
