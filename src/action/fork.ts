import { readFile } from 'node:fs/promises';
import { EXIT, SyncError } from '../model/errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What of an event's payload says where a pull request comes from. */
interface PullRequestPayload {
  readonly pull_request?: {
    readonly head?: { readonly repo?: { readonly fork?: boolean; readonly full_name?: string } | null };
    readonly base?: { readonly repo?: { readonly full_name?: string } | null };
  };
}

/**
 * Missing credentials are no mistake of whoever opened a pull request from a fork: there the reason is said in
 * place of what to set. Anything else that was thrown is given back.
 */
export async function explainFork(thrown: unknown, env: Environment): Promise<unknown> {
  if (!(thrown instanceof SyncError) || thrown.code !== 'no-credentials' || !(await isFork(env)))
    return thrown;
  return new SyncError(
    'no-credentials',
    EXIT.usage,
    'no AWS credentials were found: pull requests from forks get no secrets and no OIDC token; skip this step there with if: github.event.pull_request.head.repo.full_name == github.repository',
    { cause: thrown },
  );
}

/** Whether this is a run of a fork's pull request. `pull_request_target` runs as the base and has its secrets. */
async function isFork(env: Environment): Promise<boolean> {
  const event = env.GITHUB_EVENT_NAME ?? '';
  if (!event.startsWith('pull_request') || event === 'pull_request_target') return false;
  try {
    const payload = JSON.parse(await readFile(env.GITHUB_EVENT_PATH ?? '', 'utf8')) as PullRequestPayload;
    const head = payload.pull_request?.head;
    if (head === undefined) return false;
    // A fork that was deleted since has no repository any more.
    if (head.repo == null) return true;
    const base = payload.pull_request?.base?.repo?.full_name;
    // A repository that is a fork itself gives its own pull requests their secrets.
    return base === undefined ? head.repo.fork === true : head.repo.full_name !== base;
  } catch {
    return false;
  }
}
