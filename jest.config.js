import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

/** What stands in ~/.aws is no part of a test: these files are not there. */
process.env.AWS_CONFIG_FILE = '/nonexistent/aws/config';
process.env.AWS_SHARED_CREDENTIALS_FILE = '/nonexistent/aws/credentials';

/** Trees, copies of `dist` and what servers keep: gone with the run. Tests run processes of other users in it. */
const temporary = mkdtempSync(join(tmpdir(), 's3ds-tests-'));
chmodSync(temporary, 0o755);
process.env.TMPDIR = temporary;
process.on('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 3 }));

/** Tests import the TypeScript sources by their emitted names (`./x.js`); swc compiles each file as it is loaded. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__', '<rootDir>/benchmarks', '<rootDir>/dev', '<rootDir>/src'],
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  collectCoverageFrom: ['src/**/*.ts'],
  testTimeout: 60_000,
  // Of two cores jest would use one, and many suites wait for processes of their own.
  maxWorkers: Math.max(2, availableParallelism() - 1),
};
