import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Access, namesOf } from '../../dev/s3-server/index.js';

/** A statement of an IAM policy, as far as the documented ones go. */
export interface Statement {
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: { readonly StringLike: { readonly 's3:prefix': string | readonly string[] } };
}

/** The statements of docs/PERMISSIONS.md by the heading that they stand under. */
export function documentedPolicies(repository: string): ReadonlyMap<string, readonly Statement[]> {
  const text = readFileSync(join(repository, 'docs/PERMISSIONS.md'), 'utf8');
  const policies = new Map<string, readonly Statement[]>();
  for (const section of text.split(/^## /m).slice(1)) {
    const [heading = ''] = section.split('\n', 1);
    const blocks = [...section.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, json = '']) =>
      statementsOf(json),
    );
    const statements = blocks.flat();
    if (statements.length > 0) policies.set(heading, statements);
  }
  return policies;
}

/** A whole policy, a list of statements or one; a trust policy has nothing that it is about. */
function statementsOf(json: string): readonly Statement[] {
  const parsed = JSON.parse(json) as
    | Statement
    | readonly Statement[]
    | { readonly Statement: readonly Statement[] };
  const list = 'Statement' in parsed ? parsed.Statement : [parsed].flat();
  return list.filter((statement) => 'Resource' in statement);
}

export function actionsOf(statements: readonly Statement[]): readonly string[] {
  return [...new Set(statements.flatMap(({ Action }) => Action))];
}

/** Whether IAM would allow it: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html */
export function allows(statements: readonly Statement[], access: Access): boolean {
  const { action, resource } = namesOf(access);
  return statements.some(({ Action, Resource, Condition }) => {
    if (![Action].flat().includes(action)) return false;
    if (![Resource].flat().some((pattern) => isLike(pattern, resource))) return false;
    if (Condition === undefined) return true;
    // What a request does not say is like nothing: a HEAD of an absent key has no prefix, and so no right to list.
    const prefix = access.request.query.get('prefix');
    return prefix !== null && [Condition.StringLike['s3:prefix']].flat().some((like) => isLike(like, prefix));
  });
}

/** IAM's `*` and `?`. */
function isLike(pattern: string, value: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's').test(value);
}
