// The HEALTHCHECK of the image: whether the process of this container answers, at the API's port or, where it runs roles
// without the API, at that of its metrics. With `/readyz`, whether it can work: what compose waits for, and no reason to restart
// it, since it waits by itself for what is away. Plain JavaScript without dependencies, so that it starts fast.
const { argv, env } = process;
const asked = argv[2] ?? '/healthz';
// An empty value is what compose files leave of a name that is not set.
const host = env.HOARDARR_HOST || '127.0.0.1';
// What listens on every address answers on this one.
const reached = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host] ?? (host.includes(':') ? `[${host}]` : host);
const basePath = (env.HOARDARR_BASE_PATH || '').replace(/\/+$/, '');
const ports = [env.HOARDARR_PORT || '8080', env.HOARDARR_METRICS_PORT].filter(Boolean);

const asks = ports.map(async (port) => {
  const url = `http://${reached}:${port}${basePath}${asked}`;
  const { status } = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  if (status !== 200) throw new Error(`${url} answers ${status}`);
});
try {
  await Promise.any(asks);
} catch ({ errors }) {
  console.error(errors.map((error) => error.cause?.message ?? error.message).join('; '));
  process.exitCode = 1;
}
