import { formatCount, plural } from '../lib/format.ts';

/** The pipeline, backups, notifications, ways out. */
export const upkeepTexts = {
  health: {
    title: 'Health',
    intro: 'What goes through the pipeline, and what it could not take.',
    pipeline: 'Pipeline',
    stages: {
      producers: { title: 'Producers', text: 'Fetch from providers and exports' },
      embed: { title: 'Embedding', text: 'Gives each text its vector' },
      sink: { title: 'Store', text: 'Takes items in, decides removals' },
    },
    rate: (perSecond: number) =>
      perSecond < 10 ? String(Math.round(perSecond * 10) / 10) : formatCount(Math.round(perSecond)),
    rateUnit: 'records a second',
    lag: (n: number) => (n === 0 ? 'Up to date' : plural(n, 'record waits', 'records wait')),
    deadLetterCount: (n: number) => plural(n, 'dead letter', 'dead letters'),
    last: 'Last record',
    idle: 'Nothing yet',
    embedding: {
      title: 'Embedding and what it costs',
      since: (date: string | null) => (date === null ? 'Nothing was embedded yet.' : `Since ${date}.`),
      by: (model: string | null, isHere: boolean) =>
        model === null ? '' : ` Vectors are of ${model}${isHere ? ', made on this machine' : ''}.`,
      texts: 'Texts embedded',
      requests: 'Requests',
      tokens: 'Tokens',
      cost: 'Spent',
      noPrice: 'Not known',
      hits: 'Answered by the cache',
      saved: 'Saved by the cache',
      someTokens: (n: number) => plural(n, 'token', 'tokens'),
    },
    deadLetters: {
      title: 'Dead letters',
      none: 'None: every record was taken.',
      redriveAll: (n: number) => `Redrive all ${formatCount(n)}`,
      redrive: 'Redrive',
      where: (stage: string, topic: string, partition: number, offset: number) =>
        `${stage}, ${topic}, partition ${partition}, offset ${offset}`,
      done: (n: number) => `${plural(n, 'record is', 'records are')} taken anew`,
      skipped: (n: number) => `${plural(n, 'record stays', 'records stay')} here`,
      more: (n: number) => `and ${formatCount(n)} older`,
    },
    rebuild: {
      title: 'Rebuild',
      text: 'Makes the store anew from the log and compares both. Search goes on meanwhile, and nothing is embedded again with the same model.',
      action: 'Rebuild',
      confirm: {
        title: 'Rebuild the store?',
        text: 'The log is replayed into a fresh store, which takes the place of the old one if both are the same.',
      },
      model: {
        label: 'Embedding model',
        hint: 'Another one embeds every text anew, which takes its time, and money where the service asks for it. The old vectors are searched until all new ones are there.',
        configured: (variable: string) => ` Set ${variable} to it when it is done, and start again.`,
      },
      progress: (replayed: number, total: number) =>
        `${formatCount(replayed)} of ${formatCount(total)} records replayed`,
      failed: 'the rebuild failed, and the store is as it was',
      match: (isSame: boolean) => (isSame ? 'Both digests are the same' : 'The digests differ'),
      notCompared: 'Done',
      replayed: 'Records replayed',
      before: 'Digest before',
      after: 'Digest after',
      embeddings: 'Embedding requests',
      took: 'Took',
    },
  },

  settings: {
    title: 'Settings',
    backups: {
      title: 'Backups',
      text: 'A backup is one file that holds everything.',
      none: 'There is no backup yet.',
      now: 'Back up now',
      made: (items: number) => `A backup of ${plural(items, 'item', 'items')} was made`,
      withKey: 'with key',
      download: 'Download',
      removed: 'The backup was deleted',
      lastFailure: (error: string) => `the last backup of the schedule failed: ${error}`,
      restoring:
        'The backup is verified and brought back. Hoardarr begins again meanwhile and does not answer for some seconds.',
      restored: (items: number) => `The backup was brought back: ${plural(items, 'item', 'items')}`,
      fromFile: 'Restore from a file…',
      restore: {
        label: 'Restore',
        title: 'Bring this backup back?',
        text: 'It is verified first, then takes the place of everything that is here now: what was purged since it was made comes back. What is here now is kept beside it until that has worked.',
      },
      remove: {
        label: 'Delete',
        title: 'Delete this backup?',
        text: 'The file is removed from this machine. This cannot be undone.',
      },
      schedule: {
        title: 'Schedule',
        every: 'How often',
        options: { off: 'Off', daily: 'Every day', weekly: 'Every Sunday' },
        at: 'At',
        keep: 'Keep',
        keeps: (n: number) => plural(n, 'backup', 'backups'),
        withKey: 'With the encryption key',
        withKeyHint: 'Accounts stay connected after a restore elsewhere; whoever has the file then has their tokens.',
        saved: 'The schedule was changed',
      },
    },
    notifications: {
      title: 'Notifications',
      text: 'You are told when an account has to be connected again, and of held removals, dead letters and backups that failed.',
      none: 'Nobody is told yet.',
      fromEnvironment: 'These come from HOARDARR_NOTIFY_URL, and are changed there.',
      address: 'Address',
      addressHint:
        'https://… for a webhook, ntfys://host/topic, or apprises://host/key. It is a secret: it is kept encrypted, and only its kind and host are shown again.',
      add: 'Add',
      remove: 'Remove',
      test: 'Send a test',
      saved: 'Notifications were changed',
    },
    export: {
      title: 'Export',
      text: 'Everything that is in the collection, to take elsewhere.',
      action: 'Download',
      formats: {
        jsonl: { name: 'JSON Lines', text: 'Everything, one item in a line' },
        netscape: { name: 'Bookmarks', text: 'For browsers, Linkwarden and most others' },
        karakeep: { name: 'Karakeep', text: 'With texts and dates, for its importer' },
      },
    },
    assistants: {
      title: 'Assistants',
      text: 'An assistant that speaks MCP can search what you saved. It reads only, unless you configure otherwise.',
      which: 'Which assistant',
      names: { claude: 'Claude Desktop', vscode: 'VS Code', http: 'VS Code, over HTTP' },
      places: {
        claude:
          'Settings, Developer, Edit Config (`claude_desktop_config.json`), on the machine where Hoardarr runs. Many other assistants take the same.',
        vscode: '`.vscode/mcp.json`, or MCP: Open User Configuration, on the machine where Hoardarr runs.',
        http: '`.vscode/mcp.json`, or MCP: Open User Configuration, on any machine that reaches this address.',
      },
      snippet: (assistant: string) => `Configuration of ${assistant}`,
      copy: 'Copy',
      paths: 'Write whole paths for `/path/to/hoardarr`: that of the program, and that of its data folder.',
      token: 'It asks for the token that is set as `HOARDARR_API_TOKEN` where Hoardarr runs.',
    },
    looks: {
      title: 'This installation',
      characterKeys:
        'The keys /, j, k and ?. Turn them off where they get in the way, as when you speak to your computer.',
      version: 'Version',
      log: 'Event log',
      logs: { embedded: 'embedded', kafka: 'Kafka' },
      store: 'Store',
      stores: { sqlite: 'SQLite', couchbase: 'Couchbase' },
      login: 'Login',
      methods: {
        password: 'password',
        oidc: 'identity provider',
        proxy: 'proxy',
        none: 'none: only this machine can reach it',
      },
      api: 'API',
    },
  },
} as const;
