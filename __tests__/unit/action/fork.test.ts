import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { explainFork } from '../../../src/action/fork.js';
import { EXIT, messageOf, SyncError } from '../../../src/model/errors.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fork-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const missing = new SyncError('no-credentials', EXIT.usage, 'no AWS credentials were found: set them');
const base = { repo: { full_name: 'org/site' } };

async function explained(
  payload: unknown,
  event = 'pull_request',
  thrown: unknown = missing,
): Promise<unknown> {
  const path = join(directory, 'event.json');
  await writeFile(path, typeof payload === 'string' ? payload : JSON.stringify(payload));
  return explainFork(thrown, { GITHUB_EVENT_NAME: event, GITHUB_EVENT_PATH: path });
}

const from = (head: unknown): unknown => ({ pull_request: { head, base } });
const fork = from({ repo: { full_name: 'me/site', fork: true } });

describe('missing credentials in a pull request from a fork', () => {
  test.each([
    ['of another owner', fork],
    ['that was deleted since', from({ repo: null })],
    ['that names no base', { pull_request: { head: { repo: { full_name: 'me/site', fork: true } } } }],
  ])('%s: one line that says why, and how to skip the step', async (_, payload) => {
    const error = await explained(payload);
    expect(error).toMatchObject({ code: 'no-credentials', exit: 2, cause: missing });
    expect(messageOf(error)).toMatch(
      /pull requests from forks get no secrets and no OIDC token; skip .* if: github\.event\.pull_request\.head\.repo\.full_name == github\.repository$/,
    );
  });

  test.each([
    ['of the repository itself', from({ repo: { full_name: 'org/site', fork: false } })],
    ['of a repository that is a fork itself', from({ repo: { full_name: 'org/site', fork: true } })],
    ['without a head', { pull_request: {} }],
    ['in a payload that is none', 'not JSON'],
    ['in one without a pull request', {}],
    ['in one that is nothing', 'null'],
  ])('not for one %s', async (_, payload) => {
    expect(await explained(payload)).toBe(missing);
  });

  test('not for other events: pull_request_target has the secrets of the base', async () => {
    for (const event of ['push', 'pull_request_target', 'workflow_dispatch'])
      expect(await explained(fork, event)).toBe(missing);
    expect(await explainFork(missing, {})).toBe(missing);
    expect(await explainFork(missing, { GITHUB_EVENT_NAME: 'pull_request' })).toBe(missing);
  });

  test('not for other failures', async () => {
    const denied = new SyncError('access-denied', EXIT.failed, 'denied');
    expect(await explained(fork, 'pull_request', denied)).toBe(denied);
  });
});
