import configuration from '../jest.config.cjs';

const { projects, ...everywhere } = configuration;
const {
  displayName: _name,
  testMatch: _match,
  ...withDatabase
} = projects.find(({ displayName }) => displayName === 'e2e');

/** The packages, as they are built, against a running service. */
export default {
  ...everywhere,
  ...withDatabase,
  testMatch: ['<rootDir>/sdk/{*/,}test/**/*.spec.ts'],
  moduleNameMapper: {
    '^@gatehouse/client$': '<rootDir>/sdk/typescript/dist/index.js',
    ...withDatabase.moduleNameMapper,
  },
};
