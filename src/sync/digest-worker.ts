import { parentPort } from 'node:worker_threads';
import { type Job, perform } from './digest-jobs.js';
import type { Answer } from './digest-pool.js';

/** How often the other end hears that a large file moves on. Bytes. */
const TELL_EVERY = 64 * 1024 * 1024;

/** Compressed bytes come some fifty times as slowly. */
const TELL_EVERY_ENCODED = 1024 * 1024;

/** The other end of `DigestPool`: some jobs in, a sign of life now and then, an answer for each out. */
parentPort?.on('message', (jobs: readonly Job[]) => void answerAll(jobs));

async function answerAll(jobs: readonly Job[]): Promise<void> {
  const answers: Answer[] = [];
  for (const job of jobs) answers.push(await answer(job));
  parentPort?.postMessage(answers);
}

async function answer(job: Job): Promise<Answer> {
  const step = 'encoding' in job ? TELL_EVERY_ENCODED : TELL_EVERY;
  let untold = 0;
  const tell = (bytes: number): void => {
    untold += bytes;
    if (untold < step) return;
    untold = 0;
    parentPort?.postMessage('alive');
  };
  try {
    return { result: await perform(job, tell) };
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    return { error: { name, message, ...(code === undefined ? {} : { code }) } };
  }
}
