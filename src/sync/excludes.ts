import ignore from 'ignore';

/** Whether the path below the root is excluded, itself or by a directory above it. */
export type Excludes = (name: string, directory: boolean) => boolean;

/** `ignore` keeps every answer for ever: 100 MB after a million names. A handful is enough to walk by. */
const ANSWERS_KEPT = 10_000;

/**
 * Rules in the gitignore dialect, matched with case on every system. Undefined when there are none, so that a
 * walk without excludes asks nothing a million times.
 */
export function parseExcludes(lines: readonly string[]): Excludes | undefined {
  if (lines.every((line) => line.trim() === '')) return undefined;
  // Keys of a listing may begin with `/` or `../`, which `ignore` takes for a mistake unless it is told.
  const options = { ignorecase: false, allowRelativePaths: true };
  const rules = ignore(options).add(lines);
  let asked = rules;
  let answers = 0;
  return (name, directory) => {
    if (++answers > ANSWERS_KEPT) {
      asked = ignore(options).add(rules);
      answers = 0;
    }
    return asked.ignores(directory ? `${name}/` : name);
  };
}
