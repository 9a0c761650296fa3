import { type MessagePort, parentPort } from 'node:worker_threads';
import { perform } from './digest-jobs.js';
import type { Answer, Order } from './digest-pool.js';
import { areSeveral, type DigestJob, digestFile, digestFiles, prepareLanes, Scratch } from './file-bytes.js';

/** How often the other end hears that a large file moves on. Bytes. */
const TELL_EVERY = 64 * 1024 * 1024;

/** Compressed bytes come some fifty times as slowly. */
const TELL_EVERY_ENCODED = 1024 * 1024;

/** The other end of `DigestPool`: some orders in, a sign of life now and then, an answer for each out. */
export function serve(port: MessagePort): void {
  // What was sent first is answered first, though encoding waits and hashing does not.
  let answered = Promise.resolve();
  const desk: Desk = { scratch: new Scratch(), tellAlive: () => port.postMessage('alive') };
  port.on('message', (orders: readonly Order[]) => {
    answered = answered.then(() => answerAll(orders, desk).then((answers) => port.postMessage(answers)));
  });
}

/** What a thread has at hand. */
interface Desk {
  readonly scratch: Scratch;
  readonly tellAlive: () => void;
}

async function answerAll(orders: readonly Order[], desk: Desk): Promise<readonly Answer[]> {
  // Of a thread that is to be ready.
  if (orders.length === 0) prepareLanes();
  const together = answerTogether(orders, desk);
  if (together !== undefined) return together;
  const answers: Answer[] = [];
  for (const order of orders) {
    const made = answer(order, desk);
    answers.push(made instanceof Promise ? await made : made);
  }
  return answers;
}

/** Files, several at a time. `undefined`: they are too few, or one after the other tells what is wrong. */
function answerTogether(orders: readonly Order[], desk: Desk): readonly Answer[] | undefined {
  const jobs = orders.flatMap((order): DigestJob | [] => {
    if ('path' in order) return { file: order, layouts: [] };
    return 'layouts' in order ? order : [];
  });
  if (jobs.length < orders.length || !areSeveral(jobs)) return undefined;
  try {
    const digests = digestFiles(jobs, teller(TELL_EVERY, desk), desk.scratch);
    return digests.map((digest, i) => ('path' in orders[i]! ? digest.md5 : { result: digest }));
  } catch {
    return undefined;
  }
}

/** Says now and then that it goes on. */
function teller(step: number, { tellAlive }: Desk): (bytes: number) => void {
  let untold = 0;
  return (bytes) => {
    untold += bytes;
    if (untold < step) return;
    untold = 0;
    tellAlive();
  };
}

function answer(order: Order, desk: Desk): Answer | Promise<Answer> {
  const { scratch } = desk;
  const tell = teller('encoding' in order ? TELL_EVERY_ENCODED : TELL_EVERY, desk);
  try {
    if ('path' in order) return digestFile({ file: order, layouts: [] }, tell, scratch).md5;
    const result = perform(order, tell, scratch);
    return result instanceof Promise ? result.then((encoded) => ({ result: encoded }), failure) : { result };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Answer {
  const { name, message, code, errno, syscall } = error as NodeJS.ErrnoException;
  return {
    error: {
      name,
      message,
      ...(code === undefined ? {} : { code }),
      ...(errno === undefined ? {} : { errno }),
      ...(syscall === undefined ? {} : { syscall }),
    },
  };
}

if (parentPort !== null) serve(parentPort);
