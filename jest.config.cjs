const { availableParallelism } = require('node:os');

if (Number(process.versions.node.split('.')[0]) < 24) {
  throw new Error(
    `The tests need Node 24, which \`npm ci\` brings along; this is ${process.version}. Run \`npx jest\`.`,
  );
}

// Tests run in processes of their own, which inherit this: Nest 12 is ESM, which Jest loads only so.
process.env.NODE_OPTIONS =
  `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim();

// A start of the service is a quarter cheaper when what is loaded has been compiled before.
process.env.NODE_COMPILE_CACHE ??= `${__dirname}/node_modules/.cache/compiled`;

/**
 * The service is loaded once per worker, from the build, which is brought up to date first; see runtime.mjs. Jest loads
 * everything itself to look on as files change and to count what is covered.
 */
const loading = process.argv.some((arg) => /^--(?:watch(?:All)?|coverage|collectCoverage)(?:=|$)/.test(arg))
  ? { testEnvironment: 'node', setupFiles: ['reflect-metadata'] }
  : {
      runtime: '<rootDir>/test/support/jest/runtime.mjs',
      testEnvironment: '<rootDir>/test/support/jest/environment.mjs',
    };

/** SWC compiles TypeScript that Jest loads to CommonJS. */
const shared = {
  rootDir: __dirname,
  ...loading,
  globalSetup: '<rootDir>/test/support/jest/build.mjs',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'commonjs' },
        jsc: {
          target: 'es2024',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
      },
    ],
  },
  moduleNameMapper: {
    '^@gatehouse/access$': '<rootDir>/sdk/access/src/index.ts',
    '^@gatehouse/access/(\\w+)$': '<rootDir>/sdk/access/src/$1.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};

/** Tests that need a database: the server and the template they clone are there before the first of them. */
const withDatabase = {
  ...shared,
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
};

module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{src,seeds,bench,scripts,tools,sdk/access/src}/**/*.spec.{ts,mjs}'],
    },
    { ...shared, displayName: 'architecture', testMatch: ['<rootDir>/test/architecture/**/*.spec.ts'] },
    {
      ...withDatabase,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.int-spec.ts'],
    },
    { ...withDatabase, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.e2e-spec.ts'] },
    { ...withDatabase, displayName: 'security', testMatch: ['<rootDir>/test/security/**/*.sec-spec.ts'] },
  ],
  reporters: ['default', '<rootDir>/test/support/seen-reporter.ts'],
  testTimeout: 20_000,
  // One more than there are cores, since about half of a file's time is waiting, up to what one database server takes;
  // replaced should they grow.
  maxWorkers: Math.min(availableParallelism() + 1, 6),
  workerIdleMemoryLimit: '1GB',
};
