import { actionCommands } from './action/commands.js';

/**
 * After the job the runner starts `post.js`, which loads this file so. Not by what main left: a job that is cancelled while
 * the step starts has left nothing, and must not be published after all.
 */
const isPost = process.argv[2] === 'post';

/** What may still be open after the last word, as an abandoned download, must not keep the job. */
const LINGER_MS = 2_000;

/** A log that cannot be written ends the log, not the publishing. */
process.stdout.on('error', () => undefined);

if (!isPost) {
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
