import { runCommandLine } from './command-line.js';
import { homeDirectory } from './disk/home-directory.js';
import { endProcess } from './end-process.js';
import { EXIT, messageOf } from './model/errors.js';
import { abortOnSignals } from './run.js';
import { workingDirectory } from './working-directory.js';

/** A reader that went away (`| head`), or a full disk under the log, ends the output and not the publishing. */
let outputLost = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || outputLost) return;
    outputLost = true;
    // It may be met by the last word, or the only one.
    if (process.exitCode === EXIT.done) process.exitCode = EXIT.failed;
    if (stream === process.stdout)
      process.stderr.write(
        `error: standard output cannot be written (${messageOf(error)}): its rest is lost\n`,
      );
  });
}

const exit = await runCommandLine({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: workingDirectory,
  platform: process.platform,
  home: homeDirectory(),
  stdout: process.stdout,
  stderr: process.stderr,
  ...(process.stderr.isTTY ? { bar: process.stderr } : {}),
  now: Date.now,
  onSignals: abortOnSignals,
});
process.exitCode = exit === EXIT.done && outputLost ? EXIT.failed : exit;
endProcess();
