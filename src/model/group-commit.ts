type Append = (lines: string, signal: AbortSignal) => Promise<void>;

/** Lines that arrive while a write is under way go together in the next one; each caller waits for its own. */
export function groupCommit(write: Append): Append {
  let writing: Promise<void> | undefined;
  let waiting: { lines: string; readonly written: Promise<void> } | undefined;
  return (lines, signal) => {
    if (waiting !== undefined) {
      waiting.lines += lines;
      return waiting.written;
    }
    const before = writing ?? Promise.resolve();
    const batch: { lines: string; written: Promise<void> } = { lines, written: before };
    const written = before
      .catch(() => undefined)
      .then(() => {
        waiting = undefined;
        writing = write(batch.lines, signal);
        return writing;
      });
    batch.written = written;
    waiting = batch;
    return written;
  };
}
