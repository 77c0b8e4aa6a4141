import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { type FakeReply, type FakeRequest, FakeService } from '../fake-service/fake-service.ts';

const KEY_ID = 'key-1';
const HOUR_S = 3_600;

type Claims = Readonly<Record<string, unknown>>;

interface Grant {
  readonly challenge: string;
  readonly nonce: string | null;
  readonly redirectUri: string;
}

/**
 * An OpenID Connect provider: discovery, keys, the code flow with PKCE, signed ID tokens, userinfo. Whoever comes to it is
 * logged in as `user`. It checks what a real one checks; `tamper` makes it lie.
 */
export class FakeOidc extends FakeService {
  readonly clientId = 'hoardarr';
  readonly clientSecret = 'oidc-client-secret-0123456789';
  /** claims of who logs in */
  user: Claims = { sub: 'subject-1', email: 'ada@example.org', email_verified: true };
  /** the email is told by userinfo alone */
  isTerse = false;
  /** changes the claims of an ID token before it is signed */
  tamper: (claims: Claims) => Claims = (claims) => claims;
  /** signs ID tokens with a key that it does not publish */
  hasOtherKey = false;
  readonly #keys = newKeys();
  readonly #otherKeys = newKeys();
  readonly #grants = new Map<string, Grant>();
  readonly #accessTokens = new Set<string>();

  protected answer({ method, url, headers, body }: FakeRequest): FakeReply {
    switch (`${method} ${url.pathname}`) {
      case 'GET /.well-known/openid-configuration':
        return json(200, this.#metadata());
      case 'GET /keys':
        return json(200, {
          keys: [{ ...this.#keys.publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' }],
        });
      case 'GET /authorize':
        return this.#authorize(url.searchParams);
      case 'POST /token':
        return this.#token(new URLSearchParams(body));
      case 'GET /userinfo':
        return this.#accessTokens.has(headers.get('authorization')?.replace(/^Bearer /, '') ?? '')
          ? json(200, this.user)
          : json(401, { error: 'invalid_token' });
      default:
        return json(404, { error: 'not_found' });
    }
  }

  #metadata(): Claims {
    return {
      issuer: this.origin,
      authorization_endpoint: `${this.origin}/authorize`,
      token_endpoint: `${this.origin}/token`,
      userinfo_endpoint: `${this.origin}/userinfo`,
      jwks_uri: `${this.origin}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    };
  }

  #authorize(query: URLSearchParams): FakeReply {
    const redirectUri = query.get('redirect_uri');
    const challenge = query.get('code_challenge');
    const isKnown = query.get('client_id') === this.clientId && redirectUri !== null;
    if (!isKnown || challenge === null || query.get('code_challenge_method') !== 'S256')
      return json(400, { error: 'invalid_request' });
    if (query.get('response_type') !== 'code' || !(query.get('scope') ?? '').split(' ').includes('openid'))
      return json(400, { error: 'invalid_scope' });
    const code = randomBytes(16).toString('hex');
    this.#grants.set(code, { challenge, nonce: query.get('nonce'), redirectUri });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    return { status: 302, headers: { location: back.href }, body: '' };
  }

  #token(form: URLSearchParams): FakeReply {
    const code = form.get('code') ?? '';
    const grant = this.#grants.get(code);
    // A code is for one use.
    this.#grants.delete(code);
    if (form.get('client_id') !== this.clientId || form.get('client_secret') !== this.clientSecret)
      return json(401, { error: 'invalid_client' });
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (grant === undefined || grant.challenge !== challenge || grant.redirectUri !== form.get('redirect_uri'))
      return json(400, { error: 'invalid_grant' });
    const accessToken = randomBytes(16).toString('hex');
    this.#accessTokens.add(accessToken);
    return json(200, { access_token: accessToken, token_type: 'Bearer', id_token: this.#idToken(grant.nonce) });
  }

  #idToken(nonce: string | null): string {
    const now = Math.floor(Date.now() / 1_000);
    const { sub, ...rest } = this.user;
    const claims = this.tamper({
      iss: this.origin,
      aud: this.clientId,
      sub,
      iat: now,
      exp: now + HOUR_S,
      nonce,
      ...(this.isTerse ? {} : rest),
    });
    const { privateKey } = this.hasOtherKey ? this.#otherKeys : this.#keys;
    const signed = `${encoded({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' })}.${encoded(claims)}`;
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
  }
}

function newKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function json(status: number, value: unknown): FakeReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
