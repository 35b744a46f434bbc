const { projects, reporters: _, ...shared } = require('./jest.config.cjs');

/** `npm run test:contract`: requests made from openapi.json, and what a release may not break; by the clock, hence apart. */
module.exports = {
  ...shared,
  projects: [
    {
      ...projects.find(({ displayName }) => displayName === 'e2e'),
      displayName: 'contract',
      testMatch: ['<rootDir>/test/contract/**/*.contract-spec.ts'],
    },
  ],
};
