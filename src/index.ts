import { actionCommands } from './action/commands.js';
import { endProcess } from './end-process.js';

/**
 * After the job the runner starts `post.js`, which loads this file so. Not by what main left: a job that is cancelled while
 * the step starts has left nothing, and must not be published after all.
 */
const isPost = process.argv[2] === 'post';

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

endProcess();
