import { z } from 'zod';

/** Shapes of what the routes of backups take and give. */

const time = z.string().describe('ISO 8601 UTC');

export const named = z.object({ name: z.string().max(210) });

export const Backup = z.object({
  name: z.string(),
  bytes: z.number(),
  items: z.number().describe('in the collection, the trash or on hold'),
  createdAt: time,
  withKey: z.boolean().describe('the encryption key lies in it'),
  isScheduled: z.boolean().describe('made by the schedule, which removes it when newer ones are there'),
  problem: z.string().nullable().describe('why it cannot be restored'),
});

export const Schedule = z.object({
  every: z.enum(['off', 'daily', 'weekly']).describe('weekly: on Sundays'),
  keep: z.number().int().describe('how many of the schedule are kept'),
  withKey: z.boolean(),
  at: z.string().describe('HH:MM, in the time zone of the server'),
});
export const ScheduleChange = Schedule.partial();

export const Restore = z.object({
  id: z.string(),
  state: z.enum(['restarting', 'done', 'failed']),
  from: z.string(),
  items: z.number(),
  backupAt: time,
  startedAt: time,
  detail: z.string().nullable().describe('why it failed; all is as before then'),
});

export const BackupList = z.object({
  backups: z.array(Backup),
  schedule: Schedule,
  folder: z.string(),
  scope: z.object({ covers: z.enum(['everything', 'without log', 'nothing']), says: z.string() }),
  lastFailure: z.object({ at: time.nullable(), error: z.string(), attempts: z.number() }).nullable(),
  lastRestore: Restore.nullable(),
});
