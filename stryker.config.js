/** Mutation testing of one file by quick tests; the random ones among them do a small share, as each mutant runs them. */
process.env.S3DS_RUNS ??= '20';

export default {
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  // swc takes types away unchecked, and a test compares a source with what generates it.
  disableTypeChecks: false,
  testFiles: ['__tests__/unit/{model,sync}/**/*.test.ts'],
  coverageAnalysis: 'perTest',
  concurrency: 1,
  // A mutant that only waits for a busy machine must not count as one that was noticed.
  timeoutMS: 60_000,
  dryRunTimeoutMinutes: 60,
  incremental: true,
  incrementalFile: '.cache/stryker/incremental.json',
  tempDirName: '.cache/stryker/sandbox',
  // Without tsconfig.json Stryker does not look for the compiler's API, which TypeScript 7 does not have.
  ignorePatterns: ['.cache', 'build', 'coverage', 'dist', 'tsconfig.json'],
  reporters: ['clear-text', 'html', 'progress-append-only'],
  clearTextReporter: { logTests: false, reportTests: false },
  htmlReporter: { fileName: 'coverage/mutation.html' },
};
