import type { Change, TreeSpec } from './make-tree.js';
import type { ToolName } from './tools.js';

/** Destinations, all on the one server, and whether each is sent its bytes or copied from the first. */
export interface Mirrors {
  readonly count: number;
  readonly by: 'upload' | 'copy';
}

export interface Step {
  readonly name: string;
  /** What happens to the tree before all tools publish it again. */
  readonly change?: Change;
  /** All tools fetch the destination into an empty directory, in place of publishing. */
  readonly isFetch?: true;
  /** Left out: all of the scenario's. */
  readonly tools?: readonly ToolName[];
}

/** What is to be reached: parts of a line of the result. */
export interface Bar {
  readonly step: string;
  /** Of the best peer's wall time, at most. */
  readonly wall?: number;
  /** MiB, at most. */
  readonly rss?: number;
  /** MiB, at most. */
  readonly sent?: number;
  /** Exactly these, and any number of listings. */
  readonly requests?: Readonly<Record<string, number>>;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly tree: TreeSpec;
  /** What the destination holds before the first step; `filled` is by nobody's tool, later than the files. */
  readonly destination: 'empty' | 'filled';
  /** Milliseconds, of the embedded server. */
  readonly latency: number;
  /** Over HTTPS. */
  readonly isTls?: true;
  readonly mirrors?: Mirrors;
  readonly steps: readonly Step[];
  /** Rounds of each tool that takes part. */
  readonly rounds: Readonly<Partial<Record<ToolName, number>>>;
  readonly bars: readonly Bar[];
  /** Of what this is one point. */
  readonly growth?: { readonly by: GrowthAxis; readonly at: number };
}

export type GrowthAxis = 'files' | 'mirrors sent' | 'mirrors copied' | 'latency';

const LATENCY = 20;
const MB = 1_000_000;
const SITE: TreeSpec = { kind: 'site', files: 5000, bytes: 107 * MB };
const RELEASE: TreeSpec = {
  kind: 'release',
  files: 2162,
  distinctFiles: 1542,
  distinctBytes: 916 * MB,
};
const IMAGE: TreeSpec = { kind: 'image', bytes: 512 * 2 ** 20 };

/** Most of it in files that go up in a few parts. */
const MEDIUM: TreeSpec = { kind: 'site', files: 150, bytes: 1258 * MB };

const FRESH: Step = { name: 'fresh' };
const NO_CHANGE: Step = { name: 'no change, fresh mtimes', change: 'touch' };
const EDITED: Step = { name: '50 files edited', change: 'edit' };
const RENAMED: Step = { name: 'all renamed', change: 'rename' };
/** Files older than the objects: to those that go by times, there is nothing to compare. */
const UNCHANGED: Step = { name: 'nothing changed' };
const AGAIN: Step = { name: 'nothing changed, index there', tools: ['ours'] };

const FETCH: Step = { name: 'into an empty directory', isFetch: true };

/** s3cmd sends one request at a time, so one round of it tells enough. */
const UP_TO_5000: Scenario['rounds'] = { ours: 5, rclone: 5, s5cmd: 5, 'aws-cli': 5, s3cmd: 1 };
const FROM_200000: Scenario['rounds'] = { ours: 3, rclone: 3, s5cmd: 3, 'aws-cli': 1 };

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'site',
    title: 'Site: 5,000 files, 107 MB',
    tree: SITE,
    destination: 'empty',
    latency: LATENCY,
    steps: [FRESH, NO_CHANGE, EDITED, RENAMED],
    rounds: UP_TO_5000,
    bars: [
      { step: FRESH.name, wall: 0.65, rss: 150 },
      { step: NO_CHANGE.name, wall: 0.8, rss: 150 },
      { step: EDITED.name, wall: 0.8, rss: 150 },
      { step: RENAMED.name, wall: 0.4, rss: 150, sent: 0, requests: { CopyObject: 5000, DeleteObjects: 5 } },
    ],
  },
  {
    name: 'release',
    title: 'Release: 2,162 files, 1,284 MB of which 916 distinct',
    tree: RELEASE,
    destination: 'empty',
    latency: LATENCY,
    steps: [FRESH, NO_CHANGE, RENAMED],
    rounds: UP_TO_5000,
    bars: [
      { step: FRESH.name, wall: 0.75, rss: 150, sent: (916 * MB) / 2 ** 20 },
      { step: NO_CHANGE.name, wall: 0.8, rss: 150 },
      { step: RENAMED.name, wall: 0.4, rss: 150, sent: 0, requests: { CopyObject: 2162, DeleteObjects: 3 } },
    ],
  },
  {
    name: 'image',
    title: 'Image: one file of 512 MiB',
    tree: IMAGE,
    destination: 'empty',
    latency: LATENCY,
    steps: [FRESH, { name: '5 MiB of it edited', change: 'edit' }],
    rounds: UP_TO_5000,
    bars: [
      { step: FRESH.name, wall: 1, rss: 150 },
      { step: '5 MiB of it edited', wall: 0.5, rss: 150, sent: 30 },
    ],
  },
  {
    name: 'medium',
    title: 'Medium: 150 files, 1,258 MB',
    tree: MEDIUM,
    destination: 'empty',
    latency: LATENCY,
    steps: [FRESH, NO_CHANGE],
    rounds: UP_TO_5000,
    bars: [],
  },
  {
    name: 'many',
    title: '200,000 files',
    tree: { kind: 'records', files: 200_000 },
    destination: 'filled',
    latency: LATENCY,
    steps: [UNCHANGED, AGAIN],
    rounds: FROM_200000,
    bars: [{ step: UNCHANGED.name, wall: 0.5, rss: 250 }],
  },
  {
    name: 'million',
    title: '1,000,000 files',
    tree: { kind: 'records', files: 1_000_000 },
    destination: 'filled',
    latency: LATENCY,
    steps: [UNCHANGED, AGAIN],
    rounds: FROM_200000,
    bars: [{ step: UNCHANGED.name, wall: 1, rss: 512 }],
  },
  {
    name: 'new',
    title: '200,000 new files',
    tree: { kind: 'records', files: 200_000 },
    destination: 'empty',
    latency: LATENCY,
    steps: [FRESH],
    rounds: FROM_200000,
    bars: [{ step: FRESH.name, wall: 0.5 }],
  },
  {
    name: 'tls-site',
    title: 'The site over HTTPS',
    tree: SITE,
    destination: 'empty',
    latency: LATENCY,
    isTls: true,
    steps: [FRESH, NO_CHANGE],
    rounds: UP_TO_5000,
    bars: [],
  },
  {
    name: 'tls-release',
    title: 'The release over HTTPS',
    tree: RELEASE,
    destination: 'empty',
    latency: LATENCY,
    isTls: true,
    steps: [FRESH, NO_CHANGE],
    rounds: UP_TO_5000,
    bars: [],
  },
  fetching('download', 'Download of the site', SITE),
  fetching('download-release', 'Download of the release', RELEASE),
  fetching('download-image', 'Download of the image', IMAGE),
  ...[1000, 10_000, 100_000, 1_000_000].map((files) =>
    growth('files', files, {
      tree: { kind: 'records', files },
      steps: [FRESH, NO_CHANGE],
      rounds: { ours: files > 10_000 ? 1 : 3 },
    }),
  ),
  ...(['upload', 'copy'] as const).flatMap((by) =>
    [1, 2, 3, 5].map((count) =>
      growth(by === 'upload' ? 'mirrors sent' : 'mirrors copied', count, { mirrors: { count, by } }),
    ),
  ),
  ...[0, 5, 20, 50, 100, 200].map((latency) =>
    growth('latency', latency, { latency, steps: [FRESH, NO_CHANGE] }),
  ),
];

/** A tree that the server was filled with, fetched. */
function fetching(name: string, title: string, tree: TreeSpec): Scenario {
  return {
    name,
    title,
    tree,
    destination: 'filled',
    latency: LATENCY,
    steps: [FETCH],
    rounds: UP_TO_5000,
    bars: [],
  };
}

/** A point of a curve: ours alone, the site unless something else is said. */
function growth(by: GrowthAxis, at: number, differs: Partial<Scenario>): Scenario {
  return {
    name: `growth-${by.replace(' ', '-')}-${at}`,
    title: `${by}: ${at}`,
    tree: SITE,
    destination: 'empty',
    latency: LATENCY,
    steps: [FRESH],
    rounds: { ours: 3 },
    bars: [],
    growth: { by, at },
    ...differs,
  };
}
