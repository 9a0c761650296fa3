import { join } from 'node:path';

/** Where a tool publishes to, and as whom. */
export interface Access {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Whom the endpoint's certificate is by: a file. Left out: somebody whom everybody knows, or there is no TLS. */
  readonly authority?: string;
}

/** A directory, and the prefix that is to hold what it holds. */
export interface Job {
  readonly tree: string;
  readonly bucket: string;
  /** Without its closing slash. */
  readonly prefix: string;
  /** The tool's own directory, for its configuration and caches. */
  readonly home: string;
}

export interface CommandLine {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `publish`: what the directory holds, to the prefix; `fetch`: the other way. */
export type Way = 'publish' | 'fetch';

/** Another tool that syncs directories: how its command is spelled. dev/install-peers.sh installs the file. */
export interface PeerTool {
  readonly file: string;
  /** @param way `publish` when it is left out */
  command(access: Access, job: Job, options: readonly string[], way?: Way): CommandLine;
}

function ends(way: Way, tree: string, url: string): readonly [string, string] {
  return way === 'publish' ? [tree, url] : [url, tree];
}

/** `aws s3 sync`: 8 MiB and more in parts of 8 MiB, with CRC32 checksums. */
export const awsCli: PeerTool = {
  file: 'aws',
  command: (access, { tree, bucket, prefix, home }, options, way = 'publish') => ({
    args: ['s3', 'sync', '--no-progress', ...options, ...ends(way, tree, `s3://${bucket}/${prefix}/`)],
    env: {
      ...awsEnvironment(access),
      AWS_ENDPOINT_URL_S3: access.endpoint,
      AWS_CONFIG_FILE: join(home, 'aws-config'),
      // SeaweedFS answers `Expect: 100-continue` of an empty body with the final answer alone, and botocore then often
      // waits a minute for another request's: its own switch against that (botocore/handlers.py).
      BOTO_EXPERIMENTAL__NO_EMPTY_CONTINUE: 'true',
    },
  }),
};

/** `s3cmd sync`: more than 15 MiB in parts of 15 MiB; the MD5 goes into the object's metadata. */
export const s3cmd: PeerTool = {
  file: 's3cmd',
  command: (access, { tree, bucket, prefix, home }, options, way = 'publish') => {
    const { host, protocol } = new URL(access.endpoint);
    const where = [`--config=${join(home, 's3cfg')}`, `--host=${host}`, `--host-bucket=${host}`];
    if (protocol === 'http:') where.push('--no-ssl');
    if (access.authority !== undefined) where.push(`--ca-certs=${access.authority}`);
    const who = [`--access_key=${access.accessKeyId}`, `--secret_key=${access.secretAccessKey}`];
    const quiet = [`--region=${access.region}`, '--no-progress', ...options];
    // The closing slash: what is in the directory, not the directory.
    const places = ends(way, `${tree}/`, `s3://${bucket}/${prefix}/`);
    return { args: ['sync', ...where, ...who, ...quiet, ...places], env: {} };
  },
};

/** `s5cmd sync`: more than 50 MiB in parts of 50 MiB. */
export const s5cmd: PeerTool = {
  file: 's5cmd',
  command: (access, { tree, bucket, prefix }, options, way = 'publish') => {
    // Without the star it would fetch nothing.
    const url = `s3://${bucket}/${prefix}/${way === 'fetch' ? '*' : ''}`;
    return {
      args: ['--endpoint-url', access.endpoint, 'sync', ...options, ...ends(way, `${tree}/`, url)],
      env: awsEnvironment(access),
    };
  },
};

/** `rclone sync --checksum`: more than 200 MiB in parts of 5 MiB, unless `options` say otherwise. */
export const rclone: PeerTool = {
  file: 'rclone',
  command: (access, { tree, bucket, prefix, home }, options, way = 'publish') => ({
    args: [
      'sync',
      `--config=${join(home, 'rclone.conf')}`,
      '--checksum',
      ...options,
      ...ends(way, tree, `:s3:${bucket}/${prefix}`),
    ],
    env: {
      RCLONE_S3_PROVIDER: 'AWS',
      RCLONE_S3_FORCE_PATH_STYLE: 'true',
      // As over HTTPS: over plain HTTP the SDK wants to read a body twice, and rclone's cannot be.
      RCLONE_S3_USE_UNSIGNED_PAYLOAD: 'true',
      RCLONE_S3_ENDPOINT: access.endpoint,
      RCLONE_S3_REGION: access.region,
      RCLONE_S3_ACCESS_KEY_ID: access.accessKeyId,
      RCLONE_S3_SECRET_ACCESS_KEY: access.secretAccessKey,
      ...authorityOf(access),
    },
  }),
};

/** Files that a tool would otherwise write its defaults into, or say that they are missing; empty ones will do. */
export const CONFIG_FILES = ['aws-config', 'rclone.conf', 's3cfg'] as const;

export function awsEnvironment(access: Access): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: access.accessKeyId,
    AWS_SECRET_ACCESS_KEY: access.secretAccessKey,
    AWS_REGION: access.region,
    ...authorityOf(access),
  };
}

/** As the AWS tools and ours know it, and as Go does. */
function authorityOf({ authority }: Access): Readonly<Record<string, string>> {
  return authority === undefined ? {} : { AWS_CA_BUNDLE: authority, SSL_CERT_FILE: authority };
}
