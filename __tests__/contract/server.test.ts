import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Profile } from '../../dev/s3-server/index.js';
import { embedded, realServers, type TestServer } from '../support/servers.js';
import { type Answer, cases, clientFor } from './server/cases.js';
import { deviations } from './server/deviations.js';

/**
 * One suite for AWS's answers and everyone's deviations from them. Each profile of the embedded server and each real
 * server that is installed must give what cases.ts says, or what deviations.ts says in its place: so a test that ran
 * against a profile holds for the server that it is named after, and an update of a server that changes an answer
 * shows here first.
 */
const profiles: readonly Profile[] = ['aws', 'seaweedfs', 'versitygw', 'minio'];

interface Subject {
  readonly title: string;
  readonly profile: Profile;
  readonly absent: string | undefined;
  readonly start: () => Promise<TestServer>;
}

const subjects: readonly Subject[] = [
  ...profiles.map((profile) => ({
    title: `the embedded server as ${profile}`,
    profile,
    absent: undefined,
    start: () => embedded({ profile }),
  })),
  ...realServers.map(({ name, absent, start }) => ({ title: name, profile: name, absent, start })),
];

for (const { title, profile, absent, start } of subjects) {
  if (absent !== undefined) {
    describe(title, () => test.skip(`skipped, ${absent}`, () => undefined));
    continue;
  }
  describe(title, () => {
    let server: TestServer;
    let s3: S3Client;
    let answers: readonly Promise<Answer>[];

    beforeAll(async () => {
      server = await start();
      s3 = clientFor(server);
      answers = await answersOf(server, s3);
    });

    afterAll(async () => {
      await Promise.allSettled(answers ?? []);
      s3?.destroy();
      await server?.stop();
    });

    test.each(cases.map(({ name, aws }, i) => ({ name, aws, i })))('$name', async ({ name, aws, i }) => {
      expect(await answers[i]).toEqual(deviations[profile][name] ?? aws);
    });
  });
}

test('the table of deviations names cases, and says nothing that AWS says too', () => {
  for (const profile of profiles) {
    for (const [name, answer] of Object.entries(deviations[profile])) {
      const found = cases.find((one) => one.name === name);
      expect({ name, aws: found?.aws }).not.toEqual({ name, aws: answer });
      expect(found?.name).toBe(name);
    }
  }
});

/** Each case has keys of its own, so four run at a time: two of them only wait for a clock to go on. */
async function answersOf(server: TestServer, s3: S3Client): Promise<readonly Promise<Answer>[]> {
  const bucket = await server.bucket();
  const waiting: (() => void)[] = [];
  let running = 0;
  const answer = async (i: number): Promise<Answer> => {
    if (running >= 4) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      return await cases[i]!.run({ server, s3, bucket, prefix: `case-${i}/` });
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
  const answers = cases.map((_, i) => answer(i));
  // A test awaits its answer later; until then a rejection is not an unhandled one.
  for (const one of answers) one.catch(() => undefined);
  return answers;
}
