/** What of the pipeline, its upkeep and its settings the API tells. Times are ISO 8601. */

export interface Stage {
  readonly name: 'producers' | 'embed' | 'sink';
  readonly recordsPerSecond: number;
  readonly total: number;
  /** records that wait for it */
  readonly lag: number;
  readonly deadLetters: number;
  readonly lastAt: string | null;
}

export interface Pipeline {
  readonly stages: readonly Stage[];
  readonly embedding: {
    /** null: nothing was embedded yet */
    readonly since?: string | null;
    readonly requests: number;
    readonly tokens: number;
    readonly textsEmbedded: number;
    readonly cacheHits: number;
    readonly tokensSaved: number;
    /** null: the price is not known */
    readonly costUsd: number | null;
    readonly savedUsd: number | null;
  };
  readonly uptimeS: number;
}

export interface DeadLetter {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly stage: string;
  readonly reason: string;
  readonly at: string | null;
}

export interface DeadLetters {
  readonly records: readonly DeadLetter[];
  /** of which the newest are shown */
  readonly total?: number;
}

export interface Rebuild {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly replayed: number;
  readonly total: number;
  readonly digestBefore: string | null;
  readonly digestAfter: string | null;
  /** null: not compared, as with another model */
  readonly match: boolean | null;
  readonly embeddingCalls?: number | null;
  readonly warnings?: readonly string[];
  readonly createdAt?: string | null;
  readonly finishedAt?: string | null;
  readonly durationMs: number | null;
  readonly error: string | null;
}

export interface Backup {
  readonly name: string;
  readonly bytes: number;
  readonly items: number;
  readonly createdAt: string;
  readonly withKey: boolean;
  readonly isScheduled?: boolean;
  /** why it cannot be restored */
  readonly problem?: string | null;
}

export interface BackupSchedule {
  readonly every: 'off' | 'daily' | 'weekly';
  readonly keep: number;
  readonly withKey: boolean;
  /** HH:MM, in the time zone of the server */
  readonly at: string;
}

export interface Restore {
  readonly id: string;
  readonly state: 'restarting' | 'done' | 'failed';
  readonly from?: string;
  readonly items?: number;
  readonly startedAt?: string;
  readonly detail?: string | null;
}

export interface Backups {
  readonly backups: readonly Backup[];
  readonly schedule: BackupSchedule;
  readonly folder: string;
  readonly scope?: { readonly covers: 'everything' | 'without log' | 'nothing'; readonly says: string };
  readonly lastFailure?: { readonly at: string | null; readonly error: string } | null;
  readonly lastRestore?: Restore | null;
}

export interface NotificationTargets {
  readonly targets: readonly {
    readonly id: string;
    readonly kind: 'webhook' | 'ntfy' | 'apprise' | null;
    /** kind and host; the rest is a secret */
    readonly shown: string;
  }[];
  readonly fromEnvironment: boolean;
}
