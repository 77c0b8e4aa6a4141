import type { Command } from 'commander';
import type { App } from '../../app/app.ts';
import { keepHeapClose } from '../../app/keep-heap-close.ts';
import type { RunningApi } from '../../app/open-app.ts';
import { ROLES, type Role } from '../../app/presence.ts';
import { startRoles } from '../../app/start-roles.ts';
import { isRestoreDue } from '../../app/use-cases/restore.ts';
import { anyOf } from '../../core/abort-signals.ts';
import { InputError } from '../../core/errors.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { write } from '../output.ts';
import { findSample } from '../sample.ts';

export function registerStart(program: Command, context: CliContext): void {
  withGlobals(program.command('start'))
    .description('runs the roles until SIGTERM or SIGINT, then ends in order')
    .option('--roles <list>', `which, with commas between (default: ${ROLES.join(',')})`, parseRoles, ROLES)
    .action(async ({ roles }: { readonly roles: readonly Role[] }, command: Command) => {
      keepHeapClose();
      // Here, since no other command serves HTTP.
      const { startApi: start, startProcessOperations } = await import('../../api/start-api.ts');
      const said = { ready: false };
      let port: number | undefined;
      const startApi = async (app: App): Promise<RunningApi> => {
        const running = await start(app, port);
        // Who looks at the console has this address, also where HOARDARR_PORT=0 left it to the system.
        port = Number(new URL(running.url).port);
        return running;
      };
      // A restore ends with the roles on other data.
      while (await runOnce(context, command, roles, { startApi, startProcessOperations, said }));
    });
}

interface Api {
  readonly startApi: (app: App) => Promise<RunningApi>;
  readonly startProcessOperations: (app: App) => Promise<RunningApi | null>;
}

/** Runs the roles until they end. True where they have to begin again, because a backup takes the place of the data. */
async function runOnce(
  context: CliContext,
  command: Command,
  roles: readonly Role[],
  { startApi, startProcessOperations, said }: Api & { readonly said: { ready: boolean } },
): Promise<boolean> {
  const options = globalsOf(command);
  let isAgain = false;
  await context.withApp(
    command,
    async (app, signal) => {
      const operations = await startRoles(app, { roles, startOperations: () => startProcessOperations(app), signal });
      const url = app.apiUrl();
      const ready = { roles, url, metricsUrl: operations?.url ?? null, dataDir: app.config.dataDir };
      const text = options.json === true ? JSON.stringify(ready) : greeting(url, app.config.dataDir);
      if (!said.ready) await write(context.io.stdout, `${text}\n`);
      said.ready = true;
      const end = anyOf([signal, app.roles.left]);
      await new Promise<void>((resolve) => {
        if (end.aborted) resolve();
        end.addEventListener('abort', () => resolve(), { once: true });
      });
      await operations?.stop();
      isAgain = !signal.aborted && isRestoreDue(app);
      if (!isAgain) app.roles.left.throwIfAborted();
      return null;
    },
    { startApi, level: 'info', patience: 'endless' },
  );
  return isAgain;
}

function parseRoles(text: string): readonly Role[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = names.filter((name) => !ROLES.some((role) => role === name));
  if (unknown.length > 0 || names.length === 0)
    throw new InputError(`--roles: '${unknown.join(', ')}' is no role: there are ${ROLES.join(', ')}`);
  return ROLES.filter((role) => names.includes(role));
}

function greeting(url: string | null, dataDir: string): string {
  const inAnother = [
    `  npx hoardarr import tiktok ${findSample() ?? 'FILE'}`,
    "  npx hoardarr search 'what you remember of it'",
    '  npx hoardarr status',
  ];
  return [
    `Hoardarr is running on ${dataDir}${url === null ? '' : `\n  open in a browser: ${url}/\n  API:               ${url}/openapi.json`}`,
    'In another terminal:',
    ...inAnother,
    'Ctrl-C stops it.',
  ].join('\n');
}
