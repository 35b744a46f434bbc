const { projects, reporters: _, ...shared } = require('./jest.config.cjs');

/** `npm run test:upgrade`: takes releases into clones; in minutes, and on databases of its own, hence apart. */
module.exports = {
  ...shared,
  testTimeout: 240_000,
  projects: [
    {
      ...projects.find(({ displayName }) => displayName === 'unit'),
      displayName: 'upgrade',
      testMatch: ['<rootDir>/test/upgrade/**/*.upgrade-spec.ts'],
    },
  ],
};
