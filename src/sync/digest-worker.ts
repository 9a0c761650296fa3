import { parentPort } from 'node:worker_threads';
import type { Answer } from './digest-pool.js';
import { type EncodeJob, encodeFile } from './encode-file.js';
import { type DigestJob, digestFile } from './file-bytes.js';

/** How often the other end hears that a large file moves on. Bytes. */
const TELL_EVERY = 64 * 1024 * 1024;

/** Compressed bytes come some fifty times as slowly. */
const TELL_EVERY_ENCODED = 1024 * 1024;

/** The other end of `DigestPool`: some jobs in, a sign of life now and then, an answer for each out. */
parentPort?.on('message', (jobs: readonly (DigestJob | EncodeJob)[]) => void answerAll(jobs));

async function answerAll(jobs: readonly (DigestJob | EncodeJob)[]): Promise<void> {
  const answers: Answer[] = [];
  for (const job of jobs) answers.push(await answer(job));
  parentPort?.postMessage(answers);
}

async function answer(job: DigestJob | EncodeJob): Promise<Answer> {
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
    return { result: isEncode ? await encodeFile(job, tell) : digestFile(job, tell) };
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    return { error: { name, message, ...(code === undefined ? {} : { code }) } };
  }
}
