/** What may still be open after the last word, as an abandoned download, must not keep the job. */
const LINGER_MS = 2_000;

/** Ends the process when its last word is out. */
export function endProcess(): void {
  // Flushed first: a pipe is written asynchronously on some systems.
  process.stdout.write('', () => setTimeout(() => process.exit(), LINGER_MS).unref());
}
