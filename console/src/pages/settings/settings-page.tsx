import './settings-page.css';
import type { ReactElement } from 'react';
import { Page } from '../../components/page.tsx';
import { texts } from '../../texts.ts';
import { Privacy } from '../welcome/privacy.tsx';
import { AssistantsCard } from './assistants-card.tsx';
import { BackupsCard } from './backups-card.tsx';
import { ExportCard } from './export-card.tsx';
import { LooksCard } from './looks-card.tsx';
import { NotificationsCard } from './notifications-card.tsx';

/** Peace of mind: backups, who is told, ways out, and how it looks. */
export function SettingsPage(): ReactElement {
  return (
    <Page title={texts.settings.title} width="narrow">
      <BackupsCard />
      <NotificationsCard />
      <ExportCard />
      <AssistantsCard />
      <LooksCard />
      <Privacy />
    </Page>
  );
}
