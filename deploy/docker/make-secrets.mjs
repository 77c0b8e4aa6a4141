// `make-secrets.mjs FOLDER`: writes the secrets that every service of docker-compose.yml shares, each once: what is there
// stays, since tokens are encrypted with the key, and the database knows the passwords.
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [folder = '.'] = process.argv.slice(2);
// Prometheus, which runs as another user, shows the API's token; the other files are for this user alone.
const SECRETS = [
  { file: 'encryption-key', mode: 0o400, make: () => randomBytes(32).toString('base64') },
  { file: 'api-token', mode: 0o444, make: () => randomBytes(32).toString('hex') },
  { file: 'couchbase-admin', mode: 0o400, make: () => randomBytes(24).toString('hex') },
  { file: 'couchbase-password', mode: 0o400, make: () => randomBytes(24).toString('hex') },
];

for (const { file, mode, make } of SECRETS) {
  const target = path.join(folder, file);
  if (existsSync(target)) continue;
  writeFileSync(target, make(), { mode, flag: 'wx' });
  console.error(`made ${target}`);
}
