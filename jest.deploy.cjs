const { projects, reporters: _, ...shared } = require('./jest.config.cjs');
const called = (name) => projects.find(({ displayName }) => displayName === name);

/** `npm run test:image`, `test:kubernetes`, `test:edge`: what a deployment is made of; with tools of their own, hence apart. */
module.exports = {
  ...shared,
  testTimeout: 120_000,
  projects: [
    {
      ...called('e2e'),
      displayName: 'deploy',
      testMatch: ['<rootDir>/test/deploy/{image,edge}.deploy-spec.ts'],
    },
    {
      ...called('unit'),
      displayName: 'without a database',
      testMatch: ['<rootDir>/test/deploy/{kubernetes,edge-hostile}.deploy-spec.ts'],
      moduleNameMapper: {
        ...called('unit').moduleNameMapper,
        // They export to `import` only, and tests are compiled to CommonJS.
        '^(kubernetes-models|@kubernetes-models/prometheus-operator)/((?:[a-z\\d.]+/)?v\\d+)$':
          '<rootDir>/node_modules/$1/$2/index.js',
      },
    },
  ],
};
