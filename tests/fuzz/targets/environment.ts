import { loadConfig } from '../../../app/config.ts';
import { VARIABLES } from '../../../app/config-variables.ts';
import { InputError } from '../../../core/errors.ts';
import { type FuzzTarget, readOrRefuse } from '../target.ts';

/** Lines of NAME=VALUE. */
function run(input: Uint8Array): Promise<unknown> {
  const lines = new TextDecoder().decode(input).split('\n');
  const env = Object.fromEntries(
    lines.map((line) => [line.slice(0, Math.max(0, line.indexOf('='))), line.slice(line.indexOf('=') + 1)]),
  );
  return readOrRefuse(() => loadConfig({ dataDir: '/tmp/nowhere' }, env), [InputError]);
}

export const environment: FuzzTarget = {
  about: 'the environment, NAME=VALUE',
  seeds: [
    'HOARDARR_PORT=8081\nHOARDARR_HOST=0.0.0.0\nHOARDARR_API_TOKEN=planted-token-0123456789\nHOARDARR_BASE_PATH=/x',
    'HOARDARR_EVENT_LOG=kafka\nKAFKA_BROKERS=a:9092,b:9092\nSCHEMA_REGISTRY_URL=http://r:8081\nKAFKA_SSL=true',
    'HOARDARR_STORE=couchbase\nCOUCHBASE_URL=couchbase://c\nCOUCHBASE_USERNAME=u\nCOUCHBASE_PASSWORD=p',
    'HOARDARR_NOTIFY_URL=ntfy://ntfy.test/topic\nGITHUB_API_URL=https://g.test/api/v3\nTIKTOK_OEMBED_URL=off',
    'HOARDARR_PUBLIC_URL=https://h.test\nHOARDARR_TRUSTED_PROXIES=10.0.0.0/8,::1\nHOARDARR_AUTH_PROXY_HEADER=Remote-User',
    'HOARDARR_OIDC_ISSUER=https://i.test\nHOARDARR_OIDC_CLIENT_ID=c\nHOARDARR_OIDC_ALLOWED=a@h.test\nHOARDARR_PUBLIC_URL=http://h',
    'HOARDARR_EMBEDDER=openai\nOPENAI_API_KEY=k\nOPENAI_EMBEDDING_DIMENSIONS=256\nLOG_LEVEL=debug\nHOARDARR_PORTT=1',
  ],
  words: [...Object.keys(VARIABLES).map((name) => `\n${name}=`), '_FILE=', 'http://', '[::1]', '%', '\u0000'],
  open: async () => ({ run: async (input) => void (await run(input)), close: async () => undefined }),
};
