import { S3Server, type S3ServerOptions } from './server.js';

export { type Access, type AccessKey, type Action, namesOf } from './access.js';
export type { Answer } from './answer.js';
export type { Content } from './content.js';
export type { Limits } from './context.js';
export type { ErrorCode } from './errors.js';
export {
  type AddedRule,
  type Fault,
  type FaultRule,
  type Filter,
  type Intercept,
  seededRandom,
} from './faults.js';
export type { LoggedRequest } from './log.js';
export { type Deviations, type Profile, profiles } from './profiles.js';
export { header, type Operation, type S3Request } from './request.js';
export type { AfterHook, BeforeHook, Latency, PutOptions, S3Server, S3ServerOptions } from './server.js';
export { byteOrder, directoryOrder } from './sorted-keys.js';
export type { BucketOptions, Encryption, StoredObject, Upload } from './state.js';

/**
 * An S3 server in this process, in memory, for tests, benchmarks and the demo. It gives AWS's answers, deviates from
 * them on demand, fails on demand, and lets a test see and change what it holds.
 */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const server = new S3Server(options);
  await server.listen(options.port ?? 0);
  return server;
}
