import type { ReactElement } from 'react';
import { apiUrl } from '../../api/client.ts';
import { useOverview, useSession } from '../../api/queries.ts';
import { Card, Facts } from '../../components/card.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { SwitchField } from '../../components/switch-field.tsx';
import { chooseTheme, type Theme, useTheme } from '../../lib/theme.ts';
import { turnCharacterKeys, useCharacterKeys } from '../../lib/use-shortcuts.ts';
import { texts } from '../../texts.ts';

const words = texts.settings.looks;
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

/** Colours, keys, and what this installation is. */
export function LooksCard(): ReactElement {
  const theme = useTheme();
  const hasCharacterKeys = useCharacterKeys();
  const { data: overview } = useOverview();
  const { data: session } = useSession();
  const methods = session?.methods.map((method) => words.methods[method]).join(', ') ?? '';
  return (
    <Card title={words.title}>
      <Segmented
        label={texts.shell.theme.label}
        value={theme}
        options={THEMES.map((value) => ({ value, label: texts.shell.theme[value] }))}
        onChange={chooseTheme}
      />
      <SwitchField
        label={texts.shell.shortcuts}
        hint={words.characterKeys}
        checked={hasCharacterKeys}
        onChange={turnCharacterKeys}
      />
      <Facts
        facts={[
          [words.version, overview?.version ?? ''],
          [words.log, overview === undefined ? '' : words.logs[overview.eventLog]],
          [words.store, overview === undefined ? '' : words.stores[overview.store]],
          [words.login, methods],
          [
            words.api,
            <a key="api" href={apiUrl('openapi.json')}>
              openapi.json
            </a>,
          ],
        ]}
      />
    </Card>
  );
}
