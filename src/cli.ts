import { homedir } from 'node:os';
import { runCommandLine } from './command-line.js';
import { EXIT } from './model/errors.js';
import { abortOnSignals } from './run.js';

/** What may still be open after the last word, as an abandoned download, must not keep the process. */
const LINGER_MS = 2_000;

/** A reader that went away (`| head`), or a full disk under the log, ends the output and not the publishing. */
let outputLost = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') outputLost = true;
  });
}

function home(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

const exit = await runCommandLine({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  platform: process.platform,
  home: home(),
  stdout: process.stdout,
  stderr: process.stderr,
  ...(process.stderr.isTTY ? { bar: process.stderr } : {}),
  now: Date.now,
  onSignals: abortOnSignals,
});
process.exitCode = exit === EXIT.done && outputLost ? EXIT.failed : exit;

// Flushed first: a pipe is written asynchronously on some systems.
process.stdout.write('', () => setTimeout(() => process.exit(), LINGER_MS).unref());
