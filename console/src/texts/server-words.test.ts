import { expect, it } from '@jest/globals';
import { REFUSED_VISITS } from '../../../api/refused-visit.ts';
import { ways } from '../../../producers/ways.ts';
import { texts } from '../texts.ts';

it('messages of the server name fields and pages of the console as the console does', () => {
  const { shell, accounts, uploads } = texts;
  const named = [
    [ways.asOf, uploads.options.asOf],
    [ways.token, accounts.connect.token],
    [ways.user, accounts.connect.user],
    [ways.connect('github', 'me'), shell.accounts],
    [ways.import('reddit'), shell.uploads],
    [ways.status, shell.accounts],
    [ways.held, shell.removals],
  ] as const;
  for (const [way, name] of named) expect(way).toContain(`'${name}' in the console`);
});

it('every reason for which the server sends a browser away has words where it sends it to', () => {
  const words = { '/': texts.login.refused, '/accounts': texts.accounts.connect.refused };
  for (const [why, page] of Object.entries(REFUSED_VISITS)) expect(Object.keys(words[page])).toContain(why);
});
