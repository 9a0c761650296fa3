/**
 * Writes what is derived: `action.yml`, `docs/INPUTS.md`, `docs/report.schema.json`, the README's tables and the
 * version in the source. A test holds the files to it.
 */
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SHAPES } from '../src/console/shapes.js';
import { ERROR_MEANINGS, REASON_WORDS } from '../src/console/words.js';
import {
  INPUT_NAMES,
  type InputDefinition,
  type InputGroup,
  type InputName,
  inputDefinition,
  OUTPUT_NAMES,
  OUTPUTS,
} from '../src/model/inputs.js';
import { REPORT_VERSION } from '../src/model/report.js';

const DESCRIPTION =
  'Publish a tree of files to S3: each distinct content is sent once, everything already there becomes a server-side copy.';

/** Double-quoted YAML is JSON. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

export function renderActionYml(): string {
  const lines = [
    '# Written by `npm run generate` from src/model/inputs.ts.',
    'name: s3-dedup-sync',
    `description: ${quoted(DESCRIPTION)}`,
    'author: the s3-dedup-sync authors',
    'branding:',
    '  icon: upload-cloud',
    '  color: orange',
    'inputs:',
  ];
  for (const name of INPUT_NAMES) {
    const definition = inputDefinition(name);
    if (definition.only === 'cli') continue;
    lines.push(
      `  ${name}:`,
      `    description: ${quoted(`${definition.description}${allowedSentence(definition)}`)}`,
      `    required: false`,
    );
    if (definition.default !== undefined) lines.push(`    default: ${quoted(definition.default)}`);
  }
  lines.push('outputs:');
  for (const name of OUTPUT_NAMES) lines.push(`  ${name}:`, `    description: ${quoted(OUTPUTS[name])}`);
  lines.push(
    'runs:',
    '  using: node24',
    '  main: dist/index.js',
    '  post: dist/post.js',
    '  post-if: always()',
  );
  return `${lines.join('\n')}\n`;
}

function allowedSentence(definition: InputDefinition): string {
  return definition.kind === 'enum' ? ` One of ${(definition.values ?? []).join(', ')}.` : '';
}

const DOCS_INTRO = `# Inputs and outputs

Written by \`npm run generate\` from src/model/inputs.ts.

On the command line an input \`x-y\` is \`--x-y\`; a bare flag means true, \`--x-y=false\` the opposite; lists and \`headers\` are
repeated, of what takes one value the last counts. A number is written in digits; a time as \`500 ms\`, \`10 s\`, \`5 min\`, \`1 h\` or \`7 days\`, a plain number is seconds;
a boolean as \`true\` or \`false\`, and an empty one is an error, as it is an expression without a value.
`;

const DOCS_WORDS = `## Behind a destination

A destination is \`s3://bucket/prefix\`, and behind it stand \`name=value\` words that are about it alone; they go
before the input of the same name. A word without a value, as of an expression that has none, is refused. Values with
blanks stand in double quotes:
\`s3://my-bucket/site region=eu-west-1 "kms-key-id=alias/my key" sse=aws:kms\`.

Names: `;

const DOCS_CLI = `## On the command line alone

\`command\` is the first word there, \`sync\` may be left out, and what goes where follows:

\`\`\`text
${SHAPES.join('\n')}
\`\`\`

SOURCE and DESTINATION of \`check\` are those of a \`sync\`.

| option | |
| --- | --- |
| \`--json\` | Write events as JSON Lines to standard output, and no text. The last event has \`"type": "end"\`. |
| \`--detailed-exitcode\` | End with 6 when a dry run would change something. |
| \`--help\`, \`--version\` | |

The log of what was done goes to standard output, as with rsync and s5cmd; warnings, errors and progress go to
standard error. Progress is a bar on a terminal and a line every few seconds elsewhere.
`;

export function renderInputsDoc(): string {
  const groups = new Map<InputGroup, InputName[]>();
  for (const name of INPUT_NAMES) {
    const { group } = inputDefinition(name);
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const sections = [...groups].map(([group, names]) => `## ${group}\n\n${inputsTable(names)}\n`);
  const words = INPUT_NAMES.filter((name) => inputDefinition(name).word === true).map(
    (name) => `\`${name}\``,
  );
  return [
    DOCS_INTRO,
    ...sections,
    `${DOCS_WORDS}${words.join(', ')}.\n`,
    DOCS_CLI,
    `## Outputs\n\nOf the action. They are set on failure too; a dry run gives what would be.\n\n${outputsTable()}\n`,
  ].join('\n');
}

export function inputsTable(names: readonly InputName[] = INPUT_NAMES): string {
  const rows = names.map((name) => {
    const definition = inputDefinition(name);
    const option = definition.only === 'action' ? '' : `\`--${definition.option ?? name}\``;
    const input = definition.only === 'cli' ? '' : `\`${name}\``;
    return `| ${input} | ${option} | ${defaultCell(definition)} | ${cell(`${definition.description}${allowedCell(definition)}`)} |`;
  });
  return ['| input | command line | default | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function defaultCell(definition: InputDefinition): string {
  if (definition.shownDefault !== undefined) return cell(definition.shownDefault);
  const own = definition.default === undefined ? '' : `\`${definition.default}\``;
  return definition.cliDefault === undefined ? own : cell(`${own}; command line: ${definition.cliDefault}`);
}

function allowedCell(definition: InputDefinition): string {
  return definition.kind === 'enum'
    ? ` One of ${(definition.values ?? []).map((value) => `\`${value}\``).join(', ')}.`
    : '';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

export function outputsTable(): string {
  const rows = OUTPUT_NAMES.map((name) => `| \`${name}\` | ${cell(OUTPUTS[name])} |`);
  return ['| output | |', '| --- | --- |', ...rows].join('\n');
}

/** Puts the tables between their markers; a text without markers stays as it is. */
export function withTables(readme: string): string {
  return between(between(readme, 'inputs', inputsTable()), 'outputs', outputsTable());
}

/** Puts a table between the markers of this name; a text without them stays as it is. */
export function between(text: string, name: string, table: string): string {
  const begin = `<!-- ${name} -->`;
  const end = `<!-- /${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1) return text;
  return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
}

function closedSet(meanings: Readonly<Record<string, string>>): object {
  return { oneOf: Object.entries(meanings).map(([value, description]) => ({ const: value, description })) };
}

/** JSON Schema of the report. Fields may be added within a version; none changes its meaning or goes away. */
export function renderReportSchema(): string {
  const text = { type: 'string' };
  const count = {
    type: 'object',
    required: ['files', 'bytes'],
    properties: { files: { type: 'integer', minimum: 0 }, bytes: { type: 'integer', minimum: 0 } },
  };
  const totals = {
    uploaded: 'content was sent',
    downloaded: 'content was fetched',
    copied: 'a server-side copy was made',
    linked: 'a local duplicate was made without fetching',
    refreshed: 'headers alone were renewed',
    unchanged: 'the content was already there',
    deleted: 'deleted',
    kept: 'not of the tree, and left alone',
    failed: 'failed',
  };
  const status = {
    done: 'everything was done',
    failed: 'something failed',
    refused: 'a guard refused; nothing was written',
    planned: 'a dry run',
    different: 'a check found differences',
    cancelled: 'stopped by a signal',
  };
  const reference = (name: string): object => ({ $ref: `#/$defs/${name}` });
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `s3-dedup-sync report, version ${REPORT_VERSION}`,
    description:
      'In a .jsonl file the first line is this object with destinations that have no steps; then each step has a line, with `destination`, its place from 0. Fields may be added within a version.',
    type: 'object',
    required: [
      'version',
      'tool',
      'command',
      'dryRun',
      'status',
      'startedAt',
      'endedAt',
      'warnings',
      'destinations',
    ],
    properties: {
      version: { const: REPORT_VERSION },
      tool: { ...text, description: 's3-dedup-sync/ and its version' },
      command: text,
      dryRun: { type: 'boolean' },
      source: { ...text, description: 'where the tree came from, when it did not lie on this disk' },
      status: reference('status'),
      error: reference('error'),
      startedAt: { ...text, description: 'ISO 8601, UTC' },
      endedAt: { ...text, description: 'ISO 8601, UTC' },
      identity: reference('identity'),
      commit: { ...text, description: 'the commit that was published, where CI says it' },
      warnings: { type: 'array', items: text },
      destinations: { type: 'array', items: reference('destination') },
    },
    $defs: {
      identity: {
        type: 'object',
        description: 'who published; never a secret',
        required: ['source'],
        properties: {
          account: { ...text, pattern: '^[0-9]{12}$' },
          arn: text,
          source: { ...text, description: 'where the credentials came from' },
        },
      },
      status: closedSet(status),
      error: {
        type: 'object',
        required: ['code', 'message'],
        properties: {
          code: closedSet(ERROR_MEANINGS),
          message: { ...text, description: 'what was met, what was expected, and what to do' },
        },
      },
      count,
      destination: {
        type: 'object',
        required: ['url', 'status', 'totals', 'requests', 'phases', 'ranks', 'headersUnknown', 'sentBytes'],
        properties: {
          url: { ...text, description: 'of a download, the directory' },
          status: reference('status'),
          endpoint: {
            type: 'string',
            description: 'of a service that is not AWS, where there are several destinations',
          },
          seconds: {
            type: 'number',
            description: 'wall seconds of this destination, where there are several',
          },
          mirroredBy: { enum: ['upload', 'copy', 'both'], description: 'how a mirror got its bytes' },
          mirrored: {
            type: 'object',
            description: 'how the bytes of a mirror came, and what each way costs for all of them',
            required: ['copied', 'sent', 'copyable'],
            properties: {
              copied: { ...reference('count'), description: 'copied from the first destination' },
              sent: { ...reference('count'), description: 'sent from this machine' },
              bytesPerSecond: {
                type: 'number',
                description:
                  'large bodies from this machine to all destinations; absent where too little was sent to tell',
              },
              copyUsd: {
                type: 'number',
                description: 'US dollars for the transfer between regions of a copy of all',
              },
              transferUsd: {
                type: 'number',
                description: 'US dollars for the transfer between regions of what was copied',
              },
              copyable: {
                type: 'boolean',
                description:
                  'whether the first destination can be copied from: one service, and one set of credentials',
              },
            },
          },
          identity: reference('identity'),
          totals: {
            type: 'object',
            required: Object.keys(totals),
            properties: Object.fromEntries(
              Object.entries(totals).map(([name, description]) => [
                name,
                { ...reference('count'), description },
              ]),
            ),
          },
          requests: {
            type: 'object',
            description: 'requests sent, retries included, by S3 operation',
            additionalProperties: { type: 'integer', minimum: 0 },
          },
          phases: {
            type: 'object',
            description: 'wall seconds; walk and list overlap',
            properties: Object.fromEntries(
              ['walk', 'list', 'encode', 'digest', 'plan', 'read', 'execute', 'fetch', 'index'].map(
                (name) => [name, { type: 'number', minimum: 0 }],
              ),
            ),
          },
          ranks: {
            type: 'array',
            description: 'names of the ranks, in the order of publishing',
            items: text,
          },
          headersUnknown: {
            ...reference('count'),
            description: 'objects with the right bytes whose headers nobody remembers; they are left alone',
          },
          sentBytes: {
            type: 'integer',
            minimum: 0,
            description: 'bytes of file content that left the machine, retries left out',
          },
          reusedBytes: {
            type: 'integer',
            minimum: 1,
            description:
              'bytes of uploaded files that were not sent but copied from older objects; totals.uploaded counts them, sentBytes does not; absent when there were none',
          },
          sendAllRequests: {
            type: 'integer',
            minimum: 0,
            description: 'requests that sending the whole tree would have taken',
          },
          cost: {
            type: 'object',
            description:
              'requests by the classes that S3 bills, and where the price is known an estimate in US dollars',
            required: ['put', 'get', 'free', 'sendAll'],
            properties: {
              put: { type: 'integer', minimum: 0, description: 'PUT, COPY, POST, LIST' },
              get: { type: 'integer', minimum: 0, description: 'GET, HEAD' },
              free: { type: 'integer', minimum: 0 },
              sendAll: { type: 'integer', minimum: 0, description: 'as sendAllRequests' },
              usd: { type: 'number', minimum: 0 },
              sendAllUsd: { type: 'number', minimum: 0 },
              pricesAsOf: { ...text, description: 'year and month of the prices' },
            },
          },
          delayed: {
            type: 'object',
            description:
              'everything was staged before anything changed, or in a dry run would be; the switch, first to last completion',
            required: ['keys', 'seconds'],
            properties: {
              keys: { type: 'integer', minimum: 0 },
              of: {
                type: 'integer',
                minimum: 0,
                description: 'how many keys it would have been, where it stopped before the last one',
              },
              seconds: { type: 'number', minimum: 0 },
            },
          },
          invalidation: {
            type: 'object',
            description: 'what CloudFront was told; absent when there was nothing to tell',
            required: ['distribution', 'paths', 'status'],
            properties: {
              distribution: text,
              paths: { type: 'array', items: text },
              id: { ...text, description: 'what CloudFront calls it, once it was accepted' },
              status: closedSet({
                sent: 'CloudFront accepted it',
                completed: 'so too, and all of CloudFront has done it',
                pending: 'not sent, as the run was stopped: the next run sends it',
                planned: 'would be sent: a dry run',
                failed:
                  'it could not be sent, and the next run sends it; or, with an id, it did not complete in time',
              }),
            },
          },
          error: reference('error'),
          steps: {
            type: 'array',
            description: 'every step of the plan; unchanged files are in the totals alone',
            items: reference('step'),
          },
        },
      },
      step: {
        type: 'object',
        required: ['key', 'action', 'reason', 'rank', 'bytes', 'outcome'],
        properties: {
          key: text,
          action: {
            enum: ['upload', 'download', 'copy', 'link', 'refresh', 'delete', 'keep'],
            description: 'what was really done',
          },
          reason: closedSet(REASON_WORDS),
          rank: { type: 'integer', minimum: 0, description: 'index into ranks' },
          bytes: { type: 'integer', minimum: 0 },
          source: {
            ...text,
            description:
              'key that a copy was made from; of an upload with reusedBytes, the older object that shares bytes with it',
          },
          sourceBucket: {
            ...text,
            description: "bucket of source; absent: the destination's own",
          },
          reusedBytes: {
            type: 'integer',
            minimum: 1,
            description:
              'of an upload: those of its bytes that were not sent but copied from an older object; absent when none were',
          },
          notCopied: { ...text, description: 'of an upload in place of a copy: why that was not made' },
          outcome: closedSet({
            done: 'done',
            planned: 'would be done: a dry run',
            skipped: 'not started, as something before it failed or the run was stopped',
            failed: 'failed',
          }),
          error: reference('error'),
          etag: text,
          versionId: text,
          headers: {
            type: 'array',
            description:
              'what a refresh changes, where S3 was asked: in a dry run, and of headers that nobody remembered',
            items: {
              type: 'object',
              required: ['name'],
              properties: {
                name: { ...text, description: 'in lower case' },
                from: { ...text, description: 'absent: the object does not have it' },
                to: { ...text, description: 'absent: the object shall not have it' },
              },
            },
          },
        },
      },
    },
  };
  return `${withShortLists(JSON.stringify(schema, undefined, 2))}\n`;
}

/** Lists that fit a line stand on one, as the formatter has them. */
function withShortLists(json: string): string {
  return json.replace(
    /^( *)(.*)\[\n([^[\]{}]*?)\n *\](,?)$/gm,
    (whole, indent: string, before: string, list: string, after: string) => {
      const line = `${indent}${before}[${list.trim().replace(/\n */g, ' ')}]${after}`;
      return line.length <= 110 ? line : whole;
    },
  );
}

export function renderVersion(version: string): string {
  return `/** The version of package.json; written by \`npm run generate\`, so that a copy of dist alone knows it. */
export const VERSION = '${version}';

export const TOOL = \`s3-dedup-sync/\${VERSION}\`;
`;
}

/** Every derived file of the repository at `root`, by its path, as it should be. */
export async function derivedFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  const files = new Map([
    ['action.yml', renderActionYml()],
    ['docs/INPUTS.md', renderInputsDoc()],
    ['docs/report.schema.json', renderReportSchema()],
    ['src/console/version.ts', renderVersion(version)],
  ]);
  const readme = await readFile(join(root, 'README.md'), 'utf8').catch(() => undefined);
  if (readme !== undefined) files.set('README.md', withTables(readme));
  return files;
}

if (process.argv[1] !== undefined && (await realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await derivedFiles(process.cwd())) {
    const old = await readFile(path, 'utf8').catch(() => '');
    if (old === text) continue;
    await writeFile(path, text);
    console.log(`wrote ${path}`);
  }
}
