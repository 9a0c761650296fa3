import { parseArgs } from 'node:util';
import { startS3Server } from './index.js';
import { type Profile, profiles } from './profiles.js';

/** node build/dev/s3-server/main.js --port 9000 --bucket site --profile aws --latency 20 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    bucket: { type: 'string', multiple: true, default: [] },
    region: { type: 'string', default: 'us-east-1' },
    profile: { type: 'string', default: 'aws' },
    latency: { type: 'string', default: '0' },
    'discard-bodies': { type: 'boolean', default: false },
  },
});

if (!isProfile(values.profile)) {
  console.error(`--profile is one of ${Object.keys(profiles).join(', ')}`);
  process.exit(2);
}
const server = await startS3Server({
  port: Number(values.port),
  region: values.region,
  profile: values.profile,
  latency: Number(values.latency),
  discardBodies: values['discard-bodies'],
  buckets: values.bucket,
  countOnly: true,
});
console.log(`ready ${server.endpoint} ${server.profile} ${values.bucket.join(' ')}`.trimEnd());

function isProfile(name: string): name is Profile {
  return Object.hasOwn(profiles, name);
}
