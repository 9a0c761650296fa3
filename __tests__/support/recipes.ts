import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** What a page of the docs tells people to write. */
export interface Recipe {
  readonly page: string;
  /** Of the section. */
  readonly heading: string;
  /** The inputs below `with:`, expressions and all. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Whether the block is a fragment that shows a few inputs and no step. */
  readonly isFragment: boolean;
}

export interface CommandLine {
  readonly page: string;
  readonly heading: string;
  readonly argv: readonly string[];
}

export async function readPage(
  page: string,
): Promise<{ readonly recipes: readonly Recipe[]; readonly commands: readonly CommandLine[] }> {
  const recipes: Recipe[] = [];
  const commands: CommandLine[] = [];
  let heading = '';
  const text = await readFile(join(repository, page), 'utf8');
  for (const part of text.matchAll(/^#+ (.*)$|^```(\w*)\n([\s\S]*?)^```$/gm)) {
    if (part[1] !== undefined) heading = part[1];
    const [, , language = '', body = ''] = part;
    if (language === 'yaml') {
      for (const step of steps(body.split('\n'))) recipes.push({ page, heading, ...step });
    }
    if (!['sh', 'yaml', 'groovy'].includes(language)) continue;
    for (const [, line = ''] of body.matchAll(/s3-dedup-sync(?:@1)? ((?:sync|remove) [^'\n]*)/g)) {
      const argv = line
        .replace(/\s#.*$/, '')
        .trim()
        .split(/\s+/);
      commands.push({ page, heading, argv: argv.map((word) => word.replaceAll('"', '')) });
    }
  }
  return { recipes, commands };
}

/** The steps of a block that run this action; as much YAML as the docs have. */
function* steps(lines: readonly string[]): Generator<Pick<Recipe, 'inputs' | 'isFragment'>> {
  for (const [at, line] of lines.entries()) {
    if (line === 'with:') yield { inputs: mapping(lines, at), isFragment: true };
    const uses = /^( *(?:- )?)uses: org\/s3-dedup-sync@v1/.exec(line)?.[1];
    if (uses === undefined) continue;
    const end = lines.findIndex((other, i) => i > at && other !== '' && indentOf(other) < uses.length);
    const step = lines.slice(0, end === -1 ? lines.length : end);
    const found = step.findIndex((other, i) => i > at && other === `${' '.repeat(uses.length)}with:`);
    if (found === -1) throw new Error(`a step without inputs: ${lines.join('\n')}`);
    yield { inputs: mapping(step, found), isFragment: false };
  }
}

function mapping(lines: readonly string[], at: number): Record<string, string> {
  const entries: Record<string, string> = {};
  const indent = indentOf(lines[at] ?? '');
  let name = '';
  let block: string[] | undefined;
  const close = (): void => {
    if (block === undefined) return;
    const left = indentOf(block.find((line) => line !== '') ?? '');
    entries[name] = block.map((line) => line.slice(left)).join('\n');
    block = undefined;
  };
  for (const line of lines.slice(at + 1)) {
    if (line !== '' && indentOf(line) <= indent) break;
    if (line === '' || indentOf(line) > indent + 2) {
      block?.push(line);
      continue;
    }
    close();
    const [, key = '', value = ''] = /^ *([a-z-]+):(?: (.*))?$/.exec(line) ?? [];
    if (key === '') throw new Error(`not an input: ${line}`);
    if (key in entries) throw new Error(`${key} stands twice`);
    name = key;
    const bare = value.replace(/(^|\s)#.*$/, '').trim();
    if (bare === '|') block = [];
    else entries[key] = /^(["'])(.*)\1$/.exec(bare)?.[2] ?? bare;
  }
  close();
  return entries;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
