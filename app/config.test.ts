import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InputError } from '../core/errors.ts';
import { type Environment, loadConfig } from './config.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');

function problemsOf(env: Environment): string {
  try {
    loadConfig({}, env);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('the configuration was accepted');
}

describe('configuration', () => {
  it('has defaults for everything', () => {
    expect(loadConfig({}, {})).toMatchObject({
      dataDir: path.resolve('data'),
      host: '127.0.0.1',
      port: 8080,
      basePath: '',
      apiToken: null,
      embedder: { name: 'local' },
      tiktokOembedUrl: 'https://www.tiktok.com/oembed',
      uploadLimitBytes: 2_000_000_000,
      guardItems: 20,
      guardShare: 0.25,
      guardNeighbours: 0,
      trashMs: 30 * 86_400_000,
      secrets: [],
      logLevel: null,
    });
  });

  it('says once what is wrong with a name that is needed', () => {
    const problems = problemsOf({ HOARDARR_EVENT_LOG: 'kafka', KAFKA_BROKERS: 'one', SCHEMA_REGISTRY_URL: 'http://r' });
    expect(problems).toContain('KAFKA_BROKERS must be host:port');
    expect(problems).not.toContain('is not set');
  });

  it('takes the data folder of the command line before that of the environment', () => {
    expect(loadConfig({ dataDir: '/a' }, { HOARDARR_DATA_DIR: '/b' }).dataDir).toBe('/a');
    expect(loadConfig({}, { HOARDARR_DATA_DIR: '/b' }).dataDir).toBe('/b');
  });

  it('refuses an unknown HOARDARR_ name, and says which one was meant', () => {
    expect(problemsOf({ HOARDARR_DATADIR: '/b' })).toContain(
      'HOARDARR_DATADIR is no name that Hoardarr knows: did you mean HOARDARR_DATA_DIR?',
    );
    expect(problemsOf({ HOARDARR_API_TOKEN_FIEL: '/b' })).toContain('did you mean HOARDARR_API_TOKEN_FILE?');
    expect(problemsOf({ HOARDARR_XYZZY_PLUGH: '1' })).not.toContain('did you mean');
  });

  it('leaves other programs their names', () => {
    expect(() => loadConfig({}, { PATH: '/bin', KAFKA_HOME: '/opt/kafka', OPENAI_ORG: 'x' })).not.toThrow();
  });

  it('takes an empty value for none', () => {
    expect(loadConfig({}, { HOARDARR_PORT: '', OPENAI_API_KEY: '' })).toMatchObject({
      port: 8080,
      embedder: { name: 'local' },
    });
  });

  it.each([
    [{ HOARDARR_PORT: '80a' }, "HOARDARR_PORT must be a whole number from 0 to 65535 (it is '80a')"],
    [{ HOARDARR_PORT: '70000' }, 'HOARDARR_PORT must be a whole number'],
    [{ HOARDARR_BASE_PATH: 'hoardarr' }, 'HOARDARR_BASE_PATH must begin with a slash'],
    [{ HOARDARR_ENCRYPTION_KEY: 'short' }, 'HOARDARR_ENCRYPTION_KEY must be 32 bytes in base64'],
    [{ HOARDARR_GUARD_SHARE: '25%' }, 'HOARDARR_GUARD_SHARE must be a number from 0 to 1'],
    [{ HOARDARR_EMBEDDER: 'gpt' }, 'HOARDARR_EMBEDDER is not allowed'],
    [{ OPENAI_BASE_URL: 'localhost:11434' }, 'OPENAI_BASE_URL must be an http:// or https:// URL'],
    [{ TIKTOK_OEMBED_URL: 'no' }, "TIKTOK_OEMBED_URL must be an http(s) URL, or 'off'"],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL is not allowed'],
    [{ HOARDARR_EVENT_LOG: 'kafka' }, 'KAFKA_BROKERS is not set, and HOARDARR_EVENT_LOG=kafka needs it'],
    [{ HOARDARR_EVENT_LOG: 'kafka' }, 'SCHEMA_REGISTRY_URL is not set, and HOARDARR_EVENT_LOG=kafka needs it'],
    [{ HOARDARR_EVENT_LOG: 'files' }, 'HOARDARR_EVENT_LOG must be embedded or kafka'],
    [{ KAFKA_SASL_MECHANISM: 'plain' }, 'KAFKA_SASL_USERNAME is not set, and KAFKA_SASL_MECHANISM needs it'],
    [{ HOARDARR_STORE: 'couchbase' }, 'COUCHBASE_URL is not set, and HOARDARR_STORE=couchbase needs it'],
    [{ HOARDARR_STORE: 'files' }, 'HOARDARR_STORE is not allowed'],
    [{ COUCHBASE_DURABILITY: 'most' }, 'COUCHBASE_DURABILITY is not allowed'],
    [{ KAFKA_BROKERS: 'one,two' }, 'KAFKA_BROKERS must be host:port'],
    [{ SCHEMA_REGISTRY_URL: 'http://me:secret@host' }, 'SCHEMA_REGISTRY_URL must be without a user and password'],
    [{ COUCHBASE_URL: 'http://x' }, 'COUCHBASE_URL must begin with couchbase://'],
  ])('refuses %j', (env, message) => {
    expect(problemsOf(env)).toContain(message);
  });

  it('names everything that is wrong at once, and never the value of a secret', () => {
    const message = problemsOf({ HOARDARR_PORT: 'x', HOARDARR_ENCRYPTION_KEY: 'planted-secret', HOARDARR_NO: '1' });
    expect(message).toContain('HOARDARR_PORT');
    expect(message).toContain('HOARDARR_NO');
    expect(message).toContain('HOARDARR_ENCRYPTION_KEY');
    expect(message).not.toContain('planted-secret');
  });

  it('takes Kafka with its registry, and none of both unless it is asked for', () => {
    const names = { KAFKA_BROKERS: 'a:1,b:2', SCHEMA_REGISTRY_URL: 'http://registry/', KAFKA_SSL: 'on' };
    const sasl = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'planted' };
    const embedded = loadConfig({}, { ...names, ...sasl });
    expect(embedded.kafka).toBeNull();
    expect(embedded.kafkaServers?.brokers).toEqual(['a:1', 'b:2']);
    const config = loadConfig({}, { ...names, ...sasl, HOARDARR_EVENT_LOG: 'kafka' });
    expect(config.kafka).toEqual({
      brokers: ['a:1', 'b:2'],
      ssl: true,
      sasl: { mechanism: 'plain', username: 'me', password: 'planted' },
    });
    expect(config.schemaRegistry).toEqual({ url: 'http://registry', autoRegister: false });
    const patient = { ...names, HOARDARR_EVENT_LOG: 'kafka', KAFKA_SESSION_TIMEOUT_SECONDS: '45' };
    expect(loadConfig({}, patient).kafka).toMatchObject({ sessionTimeoutMs: 45_000 });
    expect(config.secrets).toContain('planted');
  });

  it('does not show an address that has a password in it', () => {
    expect(problemsOf({ SCHEMA_REGISTRY_URL: 'http://me:planted-secret@host' })).not.toContain('planted-secret');
  });

  it('chooses OpenAI where a key is given, unless something else is asked for', () => {
    expect(loadConfig({}, { OPENAI_API_KEY: 'k', OPENAI_EMBEDDING_DIMENSIONS: '256' }).embedder).toEqual({
      name: 'openai',
      apiKey: 'k',
      dimensions: 256,
    });
    expect(loadConfig({}, { OPENAI_API_KEY: 'k', HOARDARR_EMBEDDER: 'local' }).embedder).toEqual({ name: 'local' });
  });

  it('turns oEmbed off, and cuts the slash off the base path', () => {
    expect(loadConfig({}, { TIKTOK_OEMBED_URL: 'off', HOARDARR_BASE_PATH: '/h/' })).toMatchObject({
      tiktokOembedUrl: null,
      basePath: '/h',
    });
  });

  describe('secrets in files', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'config-'));
    const file = path.join(folder, 'token');
    beforeAll(() => writeFileSync(file, 'from-a-file\n'));
    afterAll(() => rmSync(folder, { recursive: true }));

    it('reads NAME_FILE without the line end, and keeps the value from being shown', () => {
      const config = loadConfig({}, { HOARDARR_API_TOKEN_FILE: file, HOARDARR_ENCRYPTION_KEY: KEY });
      expect(config.apiToken).toBe('from-a-file');
      expect([...config.secrets].sort()).toEqual([KEY, 'from-a-file'].sort());
    });

    it('refuses both NAME and NAME_FILE', () => {
      expect(problemsOf({ HOARDARR_API_TOKEN: 'a', HOARDARR_API_TOKEN_FILE: file })).toContain(
        'HOARDARR_API_TOKEN and HOARDARR_API_TOKEN_FILE are both set',
      );
    });

    it('says when the file cannot be read', () => {
      expect(problemsOf({ OPENAI_API_KEY_FILE: path.join(folder, 'none') })).toContain(
        'OPENAI_API_KEY_FILE cannot be read',
      );
    });

    it('has no NAME_FILE for what is no secret', () => {
      expect(problemsOf({ HOARDARR_PORT_FILE: file })).toContain('HOARDARR_PORT_FILE is no name');
    });
  });

  it('reads who may reach the API', () => {
    expect(
      loadConfig(
        {},
        {
          HOARDARR_BASE_PATH: '/hoard',
          HOARDARR_PUBLIC_URL: 'https://Hoard.example.org/hoard/, http://nas:8080/hoard',
          HOARDARR_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,fd00::/8',
          HOARDARR_AUTH_PROXY_HEADER: 'Remote-User',
          HOARDARR_OIDC_ISSUER: 'https://id.example.org/',
          HOARDARR_OIDC_CLIENT_ID: 'hoardarr',
          HOARDARR_OIDC_CLIENT_SECRET: 'planted-oidc-secret',
          HOARDARR_OIDC_ALLOWED: 'ada@example.org',
        },
      ),
    ).toMatchObject({
      access: {
        publicUrls: ['https://hoard.example.org/hoard', 'http://nas:8080/hoard'],
        trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'],
        proxyHeader: 'remote-user',
        oidc: { issuer: 'https://id.example.org/', allowed: ['ada@example.org'] },
      },
      secrets: ['planted-oidc-secret'],
    });
    expect(loadConfig({}, {}).access).toEqual({ publicUrls: [], trustedProxies: [], proxyHeader: null, oidc: null });
  });

  it.each([
    [{ HOARDARR_PUBLIC_URL: 'hoard.example.org' }, 'HOARDARR_PUBLIC_URL must be as https://hoard.example.org'],
    [{ HOARDARR_PUBLIC_URL: 'https://a:b@hoard.example.org' }, 'without user, query and fragment'],
    [{ HOARDARR_PUBLIC_URL: 'https://hoard.example.org/hoard' }, "has the path '/hoard'"],
    [{ HOARDARR_TRUSTED_PROXIES: '10.0.0.0/33' }, 'must be addresses or networks'],
    [{ HOARDARR_TRUSTED_PROXIES: 'caddy' }, 'must be addresses or networks'],
    [{ HOARDARR_AUTH_PROXY_HEADER: 'Remote-User' }, 'HOARDARR_TRUSTED_PROXIES is not set'],
    [{ HOARDARR_AUTH_PROXY_HEADER: 'Cookie', HOARDARR_TRUSTED_PROXIES: '::1' }, 'a header that nothing else uses'],
    [{ HOARDARR_OIDC_ISSUER: 'http://id.example.org' }, 'must be an https:// URL'],
    [{ HOARDARR_OIDC_CLIENT_ID: 'x' }, 'HOARDARR_OIDC_ISSUER is not set'],
    [
      { HOARDARR_OIDC_ISSUER: 'https://id.example.org', HOARDARR_OIDC_CLIENT_ID: 'x', HOARDARR_PUBLIC_URL: 'http://h' },
      'HOARDARR_OIDC_ALLOWED is not set, and HOARDARR_OIDC_ISSUER needs it',
    ],
    [
      { HOARDARR_OIDC_ISSUER: 'https://i.example', HOARDARR_OIDC_CLIENT_ID: 'x', HOARDARR_OIDC_ALLOWED: ' , ' },
      'HOARDARR_OIDC_ALLOWED must name at least one',
    ],
  ])('refuses %j', (env, problem) => {
    expect(problemsOf(env as Environment)).toContain(problem);
  });
});
