import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { InputError } from '../core/errors.ts';
import { InterruptedError } from './exit-status.ts';
import type { Io } from './io.ts';
import { write } from './output.ts';

/** Longer is no password, but a file by mistake. */
const LIMIT = 10_000;

/** The password on stdin, without the end of its line. InputError where there is none. */
export async function readPassword(stdin: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > LIMIT) break;
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '' || password.length > LIMIT || /[\r\n]/.test(password))
    throw new InputError('stdin holds no password: one line with it alone is expected');
  return password;
}

/** Asks twice on the terminal, and shows nothing of what is typed. InputError where stdin is none, or both differ. */
export async function askPassword(io: Pick<Io, 'stdin' | 'stderr'>): Promise<string> {
  if (!('isTTY' in io.stdin) || io.stdin.isTTY !== true)
    throw new InputError('stdin is no terminal: pipe the password in, with --password-stdin');
  const lines = createInterface({
    input: io.stdin,
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    terminal: true,
  });
  try {
    const said = lines[Symbol.asyncIterator]();
    const interrupted = new Promise<never>((_resolve, reject) =>
      lines.once('SIGINT', () => reject(new InterruptedError('interrupted; the password is as it was'))),
    );
    const ask = async (question: string): Promise<string> => {
      await write(io.stderr, question);
      const line = await Promise.race([said.next(), interrupted]);
      await write(io.stderr, '\n');
      return line.done === true ? '' : line.value;
    };
    const password = await ask('New password: ');
    if (password !== (await ask('Once more:    '))) throw new InputError('that was not the same twice: begin again');
    return password;
  } finally {
    lines.close();
  }
}
