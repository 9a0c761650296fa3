import { accessSync, constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tools from '../../dev/peers.js';
import { type Ended, run } from './dist.js';
import type { TestServer } from './servers.js';

/** Another tool that publishes directories, with the defaults it has for everybody. */
export interface Peer {
  readonly name: string;
  /** Why its tests are skipped; undefined when it is installed. */
  readonly absent: string | undefined;
  /** Makes the prefix hold what the directory `tree` holds. `home` is the tool's own, for its configuration. */
  sync(server: TestServer, tree: string, bucket: string, prefix: string, home: string): Promise<Ended>;
}

export const awsCli = peer(tools.awsCli, 'aws-cli');

export function s3cmd(name: string, ...options: readonly string[]): Peer {
  return peer(tools.s3cmd, name, options);
}

export const s5cmd = peer(tools.s5cmd, 's5cmd');

export function rclone(name: string, ...options: readonly string[]): Peer {
  return peer(tools.rclone, name, ['--verbose', ...options]);
}

function peer(tool: tools.PeerTool, name: string, options: readonly string[] = []): Peer {
  const directory =
    process.env.S3DS_PEERS || fileURLToPath(new URL('../../.cache/peers/bin', import.meta.url));
  const binary = join(directory, tool.file);
  return {
    name,
    absent: isExecutable(binary) ? undefined : `no ${tool.file}: run dev/install-peers.sh or set S3DS_PEERS`,
    sync: async (server, tree, bucket, prefix, home) => {
      for (const config of tools.CONFIG_FILES) await writeFile(join(home, config), '', { flag: 'a' });
      const { args, env } = tool.command(server, { tree, bucket, prefix, home }, options);
      const provider = server.name === 'seaweedfs' ? { RCLONE_S3_PROVIDER: 'SeaweedFS' } : {};
      return run(binary, args, { cwd: home, env: { ...env, ...provider, LC_ALL: 'C.UTF-8' } });
    },
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
