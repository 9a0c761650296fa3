import base from './jest.config.js';

/** `npm run coverage`: every test that runs in the process of the test itself, and what they have to reach together. */
export default {
  ...base,
  testMatch: ['<rootDir>/__tests__/{unit,engine,fuzz}/**/*.test.ts'],
  collectCoverage: true,
  coverageThreshold: {
    './src/sync/': { lines: 95, branches: 95 },
    './src/model/': { lines: 95, branches: 95 },
  },
};
