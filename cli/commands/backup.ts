import { type Command, Option } from 'commander';
import { type BackupSchedule, changeSchedule, readSchedule, shown } from '../../app/backup-schedule.ts';
import { backUp, restoreBackup } from '../../app/use-cases/backup.ts';
import { backupScope, backupsFolder } from '../../app/use-cases/backups.ts';
import { InputError } from '../../core/errors.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { plural } from '../output.ts';

interface ScheduleOptions {
  readonly every?: BackupSchedule['every'];
  readonly keep?: string;
  readonly at?: string;
  readonly withKey?: boolean;
  readonly withoutKey?: boolean;
}

/** Everything in one file, and back. */
export function registerBackupCommands(program: Command, context: CliContext): void {
  const backup = withGlobals(program.command('backup <file>'))
    .description('everything in one file, while running')
    .option('--with-key', 'the encryption key too: keep the file as safe as the key')
    .action(async (file: string, options: { readonly withKey?: boolean }, command: Command) => {
      await context.withApp(command, async (app) => {
        const report = await backUp(app, file, options.withKey === true);
        return { json: report, text: `${plural(report.items, 'item')}, ${report.bytes} bytes in ${report.file}` };
      });
    });
  registerSchedule(backup, context);
  withGlobals(program.command('restore-backup <file>'))
    .description('brings a backup back into an empty or new data folder')
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = globalsOf(command);
      const config = context.config(options);
      const report = await restoreBackup(config, file, context.tools(config));
      const text = `${plural(report.items, 'item')} restored into ${config.dataDir}`;
      await context.print(options, { json: report, text });
    });
}

function registerSchedule(backup: Command, context: CliContext): void {
  withGlobals(backup.command('schedule'))
    .description('when `start` makes backups by itself, in `backups` of the data folder; without options it says so')
    .addOption(new Option('--every <often>', 'how often').choices(['off', 'daily', 'weekly']))
    .option('--at <time>', 'HH:MM, in the time zone of the process; weekly: on Sundays')
    .option('--keep <n>', 'how many of the schedule are kept')
    .option('--with-key', 'the encryption key too: keep the files as safe as the key')
    .option('--without-key', 'the encryption key does not go along')
    .action(async (options: ScheduleOptions, command: Command) => {
      await context.withApp(command, async ({ config, metadata, clock }) => {
        const scope = backupScope(config);
        const change = changeOf(options);
        const isChange = Object.values(change).some((value) => value !== undefined);
        if (isChange && scope.covers === 'nothing') throw new InputError(scope.says);
        const schedule = isChange
          ? await changeSchedule(metadata, change, clock.now())
          : shown(await readSchedule(metadata));
        return { json: schedule, text: `${describe(schedule, backupsFolder(config))}\n${scope.says}` };
      });
    });
}

function changeOf({ every, at, keep, withKey, withoutKey }: ScheduleOptions): Parameters<typeof changeSchedule>[1] {
  if (withKey === true && withoutKey === true) throw new InputError('--with-key and --without-key: choose one');
  const key = withKey === true ? true : withoutKey === true ? false : undefined;
  return { every, at, keep: keep === undefined ? undefined : Number(keep), withKey: key };
}

function describe({ every, at, keep, withKey }: BackupSchedule, folder: string): string {
  if (every === 'off') return 'No backups are made by themselves: --every daily turns them on';
  const when = every === 'daily' ? `daily at ${at}` : `on Sundays at ${at}`;
  return `A backup ${when}, ${withKey ? 'with the encryption key' : 'without the encryption key'}, in ${folder}; ${plural(keep, 'backup')} kept`;
}
