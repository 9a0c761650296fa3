import { actionCommands } from './action/commands.js';

/** The runner starts this file twice: for the step, and after the job for its post step. */
const MAIN_RAN = 'mainRan';

/** What may still be open after the last word, as an abandoned download, must not keep the job. */
const LINGER_MS = 2_000;

/** A log that cannot be written ends the log, not the publishing. */
process.stdout.on('error', () => undefined);

if (actionCommands.getState(MAIN_RAN) === '') {
  actionCommands.saveState(MAIN_RAN, 'true');
  const { step, stepSurroundings } = await import('./step.js');
  process.exitCode = await step(stepSurroundings(actionCommands));
} else {
  const { loadCacheService, saveUnsaved, unsavedState } = await import('./action/index-cache.js');
  await saveUnsaved(
    unsavedState(actionCommands.getState),
    { env: process.env, loadService: loadCacheService },
    actionCommands.info,
  );
}

// Flushed first: a pipe is written asynchronously on some systems.
process.stdout.write('', () => setTimeout(() => process.exit(), LINGER_MS).unref());
