import { parentPort } from 'node:worker_threads';
import { type DigestJob, digestFile } from './file-bytes.js';

/** The other end of `DigestPool`: one job in, one answer out. */
parentPort?.on('message', (job: DigestJob) => {
  try {
    parentPort?.postMessage({ digest: digestFile(job) });
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    parentPort?.postMessage({ error: { name, message, code } });
  }
});
