import { jest } from '@jest/globals';
import { NO_TOTALS } from '../../../src/console/totals.js';
import type { SyncOptions } from '../../../src/model/options.js';
import type { DestinationReport } from '../../../src/model/report.js';
import type { Engine } from '../../../src/run.js';
import type { ObjectStore, OpenedStore } from '../../../src/store/object-store.js';
import type { IndexStorage } from '../../../src/sync/ports.js';

export function destinationReport(changes: Partial<DestinationReport> = {}): DestinationReport {
  return {
    url: 's3://site/p/',
    status: 'done',
    totals: NO_TOTALS,
    requests: {},
    phases: {},
    ranks: [],
    headersUnknown: { files: 0, bytes: 0 },
    sentBytes: 0,
    sendAllRequests: 0,
    steps: [],
    ...changes,
  };
}

export const opened: OpenedStore = {
  store: {} as ObjectStore,
  whose: async () => ({ source: 'environment' }),
  region: 'eu-west-1',
  endpoint: undefined,
  close: () => undefined,
};

export function storage(): IndexStorage {
  return {
    trust: { remote: false, local: false, grace: false },
    place: '/nowhere',
    load: async () => undefined,
    save: async () => {},
    journal: {
      ofEndedRuns: true,
      load: async () => Buffer.alloc(0),
      append: async () => {},
      clear: async () => {},
    },
  };
}

/** An engine that does nothing and says `done`; each part can be replaced, and remembers its calls. */
export function fakeEngine(changes: Partial<Engine> = {}): {
  readonly [K in keyof Engine]: jest.Mock<Engine[K]>;
} {
  return {
    openStore: jest.fn(changes.openStore ?? (async () => opened)),
    openInvalidator: jest.fn(
      changes.openInvalidator ??
        (async (_, distribution: string) => ({
          distribution,
          create: async () => ({ id: 'I1' }),
          isDone: async () => true,
        })),
    ),
    sync: jest.fn(
      changes.sync ??
        (async (options: SyncOptions) => ({
          report: destinationReport({ status: options.dryRun ? 'planned' : 'done' }),
          exit: 0 as const,
        })),
    ),
    fileIndexStorage: jest.fn(changes.fileIndexStorage ?? (async () => storage())),
    objectIndexStorage: jest.fn(changes.objectIndexStorage ?? (async () => storage())),
  };
}
