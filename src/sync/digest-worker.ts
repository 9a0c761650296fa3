import { parentPort } from 'node:worker_threads';
import { type DigestJob, digestFile } from './file-bytes.js';

/** How often the other end hears that a large file moves on. Bytes. */
const TELL_EVERY = 64 * 1024 * 1024;

/** The other end of `DigestPool`: one job in, a sign of life now and then, one answer out. */
parentPort?.on('message', (job: DigestJob) => {
  let untold = 0;
  try {
    const digest = digestFile(job, (bytes) => {
      untold += bytes;
      if (untold < TELL_EVERY) return;
      untold = 0;
      parentPort?.postMessage('alive');
    });
    parentPort?.postMessage({ digest });
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    parentPort?.postMessage({ error: { name, message, code } });
  }
});
