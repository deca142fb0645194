// The layer rule of docs/architecture.md: imports point only to the left in
// core <- config <- { models | analytics | shards } <- actors <- src
const layer = (name, allowed) => ({
  name: `${name}-imports-only-left`,
  comment: `${name}/ may import ${['itself', ...allowed].join(', ')}`,
  severity: 'error',
  from: { path: `^${name}/` },
  to: {
    path: '^(core|config|models|analytics|shards|actors|src|test|loadtest|web)/',
    pathNot: `^(${[name, ...allowed].join('|')})/`,
  },
});
module.exports = {
  forbidden: [
    layer('core', []),
    layer('config', ['core']),
    layer('models', ['core', 'config']),
    layer('analytics', ['core', 'config']),
    layer('shards', ['core', 'config']),
    layer('actors', ['core', 'config', 'models', 'analytics', 'shards']),
    layer('src', ['core', 'config', 'models', 'analytics', 'shards', 'actors']),
    // The page speaks to the node over the wire: it shares the words, the limits, and the pure functions that decide what
    // crosses a line, so that a line being drawn counts in the page as it will count at the node.
    layer('web', ['core', 'config', 'analytics']),
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'core-imports-nothing',
      comment: 'core/ is the vocabulary: no packages, no Node modules except perf_hooks and buffer types',
      severity: 'error',
      from: { path: '^core/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer'] },
    },
    {
      name: 'pure-decisions-do-no-io',
      comment: 'analytics/, shards/ and actors/flow/ decide; they never touch the outside',
      severity: 'error',
      from: { path: '^(analytics|shards|actors/flow)/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no-orphan-resolution', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
