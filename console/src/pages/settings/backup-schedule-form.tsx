import type { ReactElement } from 'react';
import { api } from '../../api/client.ts';
import type { BackupSchedule } from '../../api/types-operations.ts';
import { SelectField, TextField } from '../../components/fields.tsx';
import { SwitchField } from '../../components/switch-field.tsx';
import { useAction } from '../../lib/use-action.ts';
import { texts } from '../../texts.ts';

const words = texts.settings.backups.schedule;
const EVERY = ['off', 'daily', 'weekly'] as const;
const KEEP = [1, 3, 7, 14, 30];

/** When backups are made by themselves, and how many are kept. */
export function BackupScheduleForm({ schedule }: { readonly schedule: BackupSchedule }): ReactElement {
  const change = useAction(
    (part: Partial<BackupSchedule>) => api<BackupSchedule>('PUT', 'v1/backups/schedule', { body: part }),
    { done: () => words.saved, stale: ['backups'] },
  );
  const isOff = schedule.every === 'off';
  const keeps = [...new Set([...KEEP, schedule.keep])].toSorted((a, b) => a - b);
  return (
    <div className="stack">
      <h3>{words.title}</h3>
      <div className="fields-row">
        <SelectField
          label={words.every}
          value={schedule.every}
          options={EVERY.map((value) => ({ value, label: words.options[value] }))}
          onChange={(every) => change.mutate({ every: every as BackupSchedule['every'] })}
        />
        <TextField
          key={schedule.at}
          label={words.at}
          type="time"
          defaultValue={schedule.at}
          disabled={isOff}
          onBlur={({ target: { value } }) => {
            if (value !== '' && value !== schedule.at) change.mutate({ at: value });
          }}
        />
        <SelectField
          label={words.keep}
          value={String(schedule.keep)}
          options={keeps.map((keep) => ({ value: String(keep), label: words.keeps(keep) }))}
          disabled={isOff}
          onChange={(keep) => change.mutate({ keep: Number(keep) })}
        />
      </div>
      <SwitchField
        label={words.withKey}
        hint={words.withKeyHint}
        checked={schedule.withKey}
        disabled={isOff}
        onChange={(withKey) => change.mutate({ withKey })}
      />
    </div>
  );
}
