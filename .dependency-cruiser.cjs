// Who may import whom, checked by `npm run architecture`.

/** In order: an app imports only apps before it. */
const APPS = [
  'accounts',
  'connections',
  'campaigns',
  'members',
  'plans',
  'posts',
  'images',
  'sync',
  'webhooks',
  'insight',
  'portal',
  'api',
];

/** Has no place in the order, so nobody may import it. */
const UNKNOWN_APP = `(?!(?:${APPS.join('|')})/)[^/]+`;

/** What an app shows to others: its services, its models, and these rules of the domain, which are pure functions. */
const DOMAIN_RULES = '^src/apps/members/(membership-kind|monthly-value|change-sentences)\\.ts$';
const SHOWN = `\\.(service|model)\\.ts$|${DOMAIN_RULES}`;

/** What wires the parts together: entries and tables directly under src/, and the measurements. */
const WIRING = '^src/([^/]+\\.ts$|bench/)';

const appOrder = APPS.map((app, place) => ({
  name: `${app}-imports-earlier-apps-only`,
  comment: 'An app imports only apps to its left. To trigger something further right, enqueue a job by its name.',
  severity: 'error',
  from: { path: `^src/apps/${app}/` },
  to: { path: `^src/apps/(${[...APPS.slice(place + 1), UNKNOWN_APP].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...appOrder,
    {
      name: 'apps-show-services-and-models',
      comment: 'Of another app only services, models and rules of the domain: the rest may change without notice.',
      severity: 'error',
      from: { path: '^src/apps/([^/]+)/' },
      to: { path: '^src/apps/', pathNot: `^src/apps/$1/|${SHOWN}` },
    },
    {
      name: 'roles-are-mounted-not-imported',
      comment:
        'Routes, messages, jobs and commands are mounted once, in the tables under src/; routers compose routers, commands speak with messages.',
      severity: 'error',
      from: { path: '^src/', pathNot: `${WIRING}|\\.(routes|commands)\\.ts$` },
      to: { path: '^src/apps/.*\\.(routes|messages|jobs|commands)\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'models-know-models-only',
      comment: 'A model knows models, the database and pure code; never services nor Patreon.',
      severity: 'error',
      from: { path: '^src/apps/.*\\.model\\.ts$' },
      to: { path: '\\.(service|routes|schemas|messages|jobs|commands|mapper)\\.ts$|^src/(patreon|http|jobs)/' },
    },
    {
      name: 'services-know-no-http',
      comment:
        'A service is called from pages, jobs and commands alike: no request, no response, no template. The shape of what came in is a type.',
      severity: 'error',
      from: { path: '^src/apps/.*\\.(service|jobs|mapper)\\.ts$' },
      to: {
        path: '^src/http/|^node_modules/(@types/)?(express|express-session|ejs|supertest)/|\\.(routes|schemas)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'mappers-are-pure',
      comment: "A mapper turns Patreon's shape into ours: no database, no services, no settings.",
      severity: 'error',
      from: { path: '\\.mapper\\.ts$' },
      to: {
        path: '^src/',
        pathNot: `^src/(patreon|lib)/|/mappers/|${DOMAIN_RULES}`,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'patreon-knows-no-database',
      comment: 'The Patreon client knows HTTP and JSON:API; whoever uses it decides what is stored.',
      severity: 'error',
      from: { path: '^src/patreon/' },
      to: { path: '^src/', pathNot: '^src/(patreon|lib)/' },
    },
    {
      name: 'patreon-knows-no-database-library',
      severity: 'error',
      from: { path: '^src/patreon/' },
      to: { path: '^node_modules/(@types/)?(knex|objection|pg|express)/' },
    },
    {
      name: 'lib-stands-alone',
      severity: 'error',
      from: { path: '^src/lib/' },
      to: { path: '^src/', pathNot: '^src/lib/' },
    },
    {
      name: 'foundations-know-no-app',
      comment: 'src/db, src/http and src/jobs serve every app and so know none; apps are mounted under src/.',
      severity: 'error',
      from: { path: '^src/(db|http|jobs)/' },
      to: { path: '^src/(apps|sandbox|bench)/' },
    },
    {
      name: 'database-knows-no-http',
      severity: 'error',
      from: { path: '^src/db/' },
      to: { path: '^src/(http|jobs|patreon)/' },
    },
    {
      name: 'sandbox-stands-alone',
      comment: 'The sandbox must be right even where the client is wrong, so they share nothing.',
      severity: 'error',
      from: { path: '^src/sandbox/' },
      to: { path: '^src/', pathNot: '^src/sandbox/' },
    },
    {
      name: 'nobody-imports-the-sandbox',
      comment: 'It is started as a process of its own; production never loads it.',
      severity: 'error',
      from: { path: '^(src|migrations|seeds)/', pathNot: '^src/sandbox/' },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'nobody-imports-the-wiring',
      comment:
        'Entries and tables import the parts; the parts are handed what they need. Commands speak like pages do.',
      severity: 'error',
      from: { path: '^src/(apps|db|http|jobs|lib|patreon|sandbox)/', pathNot: '\\.commands\\.ts$' },
      to: {
        path: '^src/(app|routes|messages|catalogue|commands|server|worker|cli|serve|start-up|demo|bench)(\\.ts$|/)',
      },
    },
    {
      name: 'migrations-stand-alone',
      comment: 'A migration must do the same next year: it may not follow the code as it changes.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^src/' },
    },
    {
      name: 'no-cycles',
      comment: 'Parts that need one another are one part. Types alone may refer both ways.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-development-packages',
      comment: 'What runs in production comes from dependencies; of what is only typed, types suffice.',
      severity: 'error',
      from: { path: '^(src|migrations|seeds|knexfile\\.ts)' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/@types/' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: {},
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'not-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nobody imports is started by itself or is left over.',
      severity: 'error',
      from: { orphan: true, pathNot: '^(migrations|seeds)/|\\.d\\.ts$|^knexfile\\.ts$' },
      to: {},
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default', 'types'] },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|test)/' },
  },
};
