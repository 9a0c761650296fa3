import { parentPort } from 'node:worker_threads';
import { type EncodeJob, encodeFile } from './encode-file.js';
import { type DigestJob, digestFile } from './file-bytes.js';

/** How often the other end hears that a large file moves on. Bytes. */
const TELL_EVERY = 64 * 1024 * 1024;

/** Compressed bytes come some fifty times as slowly. */
const TELL_EVERY_ENCODED = 1024 * 1024;

/** The other end of `DigestPool`: one job in, a sign of life now and then, one answer out. */
parentPort?.on('message', (job: DigestJob | EncodeJob) => void answer(job));

async function answer(job: DigestJob | EncodeJob): Promise<void> {
  const isEncode = 'encoding' in job;
  const step = isEncode ? TELL_EVERY_ENCODED : TELL_EVERY;
  let untold = 0;
  const tell = (bytes: number): void => {
    untold += bytes;
    if (untold < step) return;
    untold = 0;
    parentPort?.postMessage('alive');
  };
  try {
    const result = isEncode ? await encodeFile(job, tell) : digestFile(job, tell);
    parentPort?.postMessage({ result });
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    parentPort?.postMessage({ error: { name, message, code } });
  }
}
