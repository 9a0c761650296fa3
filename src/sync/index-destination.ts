import { formatDestination } from '../model/digest-index.js';
import { type Destination, destinationUrl } from '../model/objects.js';
import type { IndexStorage } from './ports.js';

/** Names a destination for its index: the same keys lie in other buckets too, and on other servers. */
export function indexDestination(destination: Destination, endpoint: string | undefined): string {
  const url = destinationUrl(destination);
  return endpoint === undefined ? url : `${url} at ${new URL(endpoint).host}`;
}

/**
 * An index of one destination: whose index it is stands in it, and whose lines they are in its journal.
 *
 * @param withFiles whether it is also told of the local files; a mirror's is not, as the first destination's knows them
 */
export function ofDestination(storage: IndexStorage, destination: string, withFiles = true): IndexStorage {
  const { trust, place, store, journal, whyNotKept } = storage;
  return {
    trust: { ...trust, local: trust.local && withFiles },
    place,
    ...(store === undefined ? {} : { store }),
    destination,
    load: (signal) => storage.load(signal),
    save: (pieces, signal) => storage.save(pieces, signal),
    ...(whyNotKept === undefined ? {} : { whyNotKept }),
    journal: {
      ofEndedRuns: journal.ofEndedRuns,
      load: (signal) => journal.load(signal),
      append: (lines, signal) => journal.append(formatDestination(destination) + lines, signal),
      clear: (signal) => journal.clear(signal),
    },
  };
}
