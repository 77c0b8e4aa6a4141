import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { connect } from '../../app/use-cases/connect.ts';
import { InputError } from '../../core/errors.ts';
import type { ConnectBy } from '../../producers/sync/connect.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import type { Io } from '../io.ts';
import { write } from '../output.ts';

interface Options {
  readonly tokenStdin?: boolean;
  readonly public?: string;
}

/** Longer is no token. */
const TOKEN_LIMIT = 10_000;

export function registerConnect(program: Command, context: CliContext): void {
  withGlobals(program.command('connect <provider>'))
    .description('connects an account of github or reddit, or connects it again')
    .option('--token-stdin', 'reads the token from stdin (github: one that may read starring; reddit: a refresh token)')
    .option('--public <login>', 'github: the public stars of a login, without a token')
    .action(async (provider: string, options: Options, command: Command) => {
      await context.withApp(command, async (app, signal) => {
        const how = await chosen(options, context.io);
        const report = await connect(app, { provider, user: context.user(globalsOf(command)), how, signal });
        return {
          json: report,
          text: `${provider}/${report.user} is connected as ${report.loginName}. \`hoardarr sync ${provider}\` syncs it now; \`hoardarr start\` keeps it in sync.`,
        };
      });
    });
}

async function chosen(options: Options, io: Io): Promise<ConnectBy> {
  if (options.tokenStdin === true && options.public !== undefined)
    throw new InputError('--token-stdin and --public exclude each other');
  if (options.public !== undefined) return { by: 'public', loginName: options.public };
  if (options.tokenStdin === true) return { by: 'token', token: await readToken(io.stdin) };
  return {
    by: 'prompt',
    prompt: ({ url, code }) => {
      const lines = [
        `Open ${url}`,
        ...(code === null ? [] : [`and enter the code ${code}`]),
        'Waiting for your answer …',
      ];
      void write(io.stderr, `${lines.join('\n')}\n`);
    },
  };
}

async function readToken(stdin: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > TOKEN_LIMIT) break;
  }
  const token = text.trim();
  if (token === '' || token.length > TOKEN_LIMIT || /\s/.test(token))
    throw new InputError('stdin holds no token: one line with the token alone is expected');
  return token;
}
