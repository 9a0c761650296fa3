import { accessSync, constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

type Settings = Readonly<Record<string, string>>;
type CommandLine = { readonly args: readonly string[]; readonly env: Settings };
type Spell = (server: TestServer, tree: string, bucket: string, prefix: string, home: string) => CommandLine;

/** `aws s3 sync`: 8 MiB and more in parts of 8 MiB, with CRC32 checksums. */
export const awsCli = peer('aws', 'aws-cli', (server, tree, bucket, prefix) => ({
  args: ['s3', 'sync', '--no-progress', tree, `s3://${bucket}/${prefix}/`],
  env: {
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_REGION: server.region,
    AWS_ENDPOINT_URL_S3: server.endpoint,
    // SeaweedFS answers `Expect: 100-continue` of an empty body with the final answer alone, and botocore then often
    // waits a minute for another request's: its own switch against that (botocore/handlers.py).
    BOTO_EXPERIMENTAL__NO_EMPTY_CONTINUE: 'true',
  },
}));

/** `s3cmd sync`: more than 15 MiB in parts of 15 MiB; the MD5 goes into the object's metadata. */
export function s3cmd(name: string, ...options: readonly string[]): Peer {
  return peer('s3cmd', name, (server, tree, bucket, prefix, home) => {
    const { host } = new URL(server.endpoint);
    const where = [`--config=${join(home, 's3cfg')}`, '--no-ssl', `--host=${host}`, `--host-bucket=${host}`];
    const who = [`--access_key=${server.accessKeyId}`, `--secret_key=${server.secretAccessKey}`];
    const quiet = [`--region=${server.region}`, '--no-progress', ...options];
    // The closing slash: what is in the directory, not the directory.
    return { args: ['sync', ...where, ...who, ...quiet, `${tree}/`, `s3://${bucket}/${prefix}/`], env: {} };
  });
}

/** `s5cmd sync`: more than 50 MiB in parts of 50 MiB. */
export const s5cmd = peer('s5cmd', 's5cmd', (server, tree, bucket, prefix) => ({
  args: ['--endpoint-url', server.endpoint, 'sync', `${tree}/`, `s3://${bucket}/${prefix}/`],
  env: {
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_REGION: server.region,
  },
}));

/** `rclone sync --checksum`: more than 200 MiB in parts of 5 MiB, unless `options` say otherwise. */
export function rclone(name: string, ...options: readonly string[]): Peer {
  return peer('rclone', name, (server, tree, bucket, prefix, home) => ({
    args: [
      'sync',
      `--config=${join(home, 'rclone.conf')}`,
      '--checksum',
      '--verbose',
      ...options,
      tree,
      `:s3:${bucket}/${prefix}`,
    ],
    env: {
      RCLONE_S3_PROVIDER: server.name === 'seaweedfs' ? 'SeaweedFS' : 'AWS',
      RCLONE_S3_FORCE_PATH_STYLE: 'true',
      // As over HTTPS: over plain HTTP the SDK wants to read a body twice, and rclone's cannot be.
      RCLONE_S3_USE_UNSIGNED_PAYLOAD: 'true',
      RCLONE_S3_ENDPOINT: server.endpoint,
      RCLONE_S3_REGION: server.region,
      RCLONE_S3_ACCESS_KEY_ID: server.accessKeyId,
      RCLONE_S3_SECRET_ACCESS_KEY: server.secretAccessKey,
    },
  }));
}

function peer(file: string, name: string, spell: Spell): Peer {
  const directory =
    process.env.S3DS_PEERS || fileURLToPath(new URL('../../.cache/peers/bin', import.meta.url));
  const binary = join(directory, file);
  return {
    name,
    absent: isExecutable(binary) ? undefined : `no ${file}: run dev/install-peers.sh or set S3DS_PEERS`,
    sync: async (server, tree, bucket, prefix, home) => {
      // Empty, or some tools write their defaults there or say that there are none.
      for (const config of ['s3cfg', 'rclone.conf']) await writeFile(join(home, config), '', { flag: 'a' });
      const { args, env } = spell(server, tree, bucket, prefix, home);
      return run(binary, args, { cwd: home, env: { ...env, LC_ALL: 'C.UTF-8' } });
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
