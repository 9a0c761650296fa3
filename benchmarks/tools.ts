import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Access,
  awsCli,
  awsEnvironment,
  CONFIG_FILES,
  type Job,
  type PeerTool,
  rclone,
  s3cmd,
  s5cmd,
} from '../dev/peers.js';
import { type Command, repository } from './measure.js';
import type { Mirrors } from './scenarios.js';

export const TOOL_NAMES = ['ours', 'rclone', 's5cmd', 'aws-cli', 's3cmd'] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

interface Peer {
  readonly tool: PeerTool;
  /** Its best settings, deleting what the tree no longer has as all of them do here. */
  readonly options: readonly string[];
  /** Makes it say its version. */
  readonly version: string;
}

const PEERS: Readonly<Record<Exclude<ToolName, 'ours'>, Peer>> = {
  rclone: {
    tool: rclone,
    options: ['--track-renames', '--checkers', '32', '--transfers', '64', '--fast-list'],
    version: 'version',
  },
  s5cmd: { tool: s5cmd, options: ['--delete'], version: 'version' },
  'aws-cli': { tool: awsCli, options: ['--delete', '--only-show-errors'], version: '--version' },
  s3cmd: { tool: s3cmd, options: ['--delete-removed'], version: '--version' },
};

/** Ten at once is the default; 32 took 0.8 of the time. */
const AWS_CONFIG = '[default]\ns3 =\n  max_concurrent_requests = 32\n';

const CLI = join(repository, 'dist/cli.js');

/** How a tool is made to publish a tree, to as many destinations. */
export function commandOf(name: ToolName, access: Access, job: Job, mirrors: Mirrors | undefined): Command {
  if (name !== 'ours') {
    const { tool, options } = PEERS[name];
    return { file: binary(tool), ...tool.command(access, job, options) };
  }
  const url = (mirror: number): string =>
    `s3://${job.bucket}/${job.prefix}${mirror === 0 ? '' : `-${mirror}`}`;
  const args = [CLI, 'sync', job.tree, url(0), '--delete-after', '--max-delete', 'none'];
  // Without mirrors it would be refused.
  if (mirrors !== undefined && mirrors.count > 1) args.push('--mirror-by', mirrors.by);
  for (let i = 1; i < (mirrors?.count ?? 1); i++) args.push('--mirror', url(i));
  return ours(access, job, args);
}

/** How it is made to fetch it. */
export function fetchCommandOf(name: ToolName, access: Access, job: Job): Command {
  if (name === 'ours') return ours(access, job, [CLI, 'sync', `s3://${job.bucket}/${job.prefix}`, job.tree]);
  const { tool, options } = PEERS[name];
  return { file: binary(tool), ...tool.command(access, job, options, 'fetch') };
}

function ours(access: Access, job: Job, args: readonly string[]): Command {
  return {
    file: process.execPath,
    args,
    env: {
      ...awsEnvironment(access),
      AWS_ENDPOINT_URL_S3: access.endpoint,
      XDG_CACHE_HOME: join(job.home, 'cache'),
    },
  };
}

/** Removes what a run left at an endpoint that lasts. */
export function removeCommand(access: Access, job: Job): Command {
  const { env } = commandOf('ours', access, job, undefined);
  return { file: process.execPath, args: [CLI, 'remove', `s3://${job.bucket}/${job.prefix}`], env };
}

/** The tool's own directory, new, so that nothing is remembered from the round before. */
export function makeHome(home: string): void {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  for (const file of CONFIG_FILES) writeFileSync(join(home, file), file === 'aws-config' ? AWS_CONFIG : '');
}

export function versionOf(name: ToolName): string {
  if (name === 'ours') {
    const options = { cwd: repository, encoding: 'utf8' } as const;
    return execFileSync('git', ['describe', '--always', '--dirty', '--exclude=*'], options).trim();
  }
  const { tool, version } = PEERS[name];
  const said = execFileSync(binary(tool), [version], { encoding: 'utf8' });
  return /\d+(\.\d+)+/.exec(said)?.[0] ?? said.trim();
}

/** Installs the peers, unless they are there. */
export function installPeers(): void {
  execFileSync('sh', [join(repository, 'dev/install-peers.sh')], { stdio: 'inherit' });
}

function binary(tool: PeerTool): string {
  return join(repository, '.cache/peers/bin', tool.file);
}
