import type { Mirrored, RequestCost } from '../model/report.js';
import { formatBytes, formatCount, formatFiles, formatSeconds } from './format.js';

interface Prices {
  /** USD per 1,000 PUT, COPY, POST and LIST. */
  readonly put: number;
  /** USD per 1,000 GET and all others that cost. */
  readonly get: number;
  /** When AWS had this price: the date of the price list or bill that it was read from. */
  readonly asOf: string;
}

/**
 * Requests of the standard class, usage types Requests-Tier1 and Requests-Tier2 of the AWS price list of AmazonS3
 * (https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonS3/current/REGION/index.json). A region stands here once
 * somebody has read its prices there, or on a bill; the others have no estimate.
 */
const PRICES: Readonly<Record<string, Prices>> = {
  'us-east-1': { put: 0.005, get: 0.0004, asOf: '2026-07' },
  'ap-southeast-3': { put: 0.005, get: 0.0004, asOf: '2026-09' },
  'eu-west-3': { put: 0.0053, get: 0.00042, asOf: '2019-07' },
};

/** Deletes and aborts cost nothing. */
const FREE = /^(Delete|Abort)/;

const READS = /^(Get|Head)/;

/**
 * What requests cost, by the classes that S3 bills.
 *
 * @param sendAll requests that sending the whole tree would have taken
 * @param region of AWS itself; `undefined` elsewhere, where there is no price
 */
export function requestCost(
  requests: Readonly<Record<string, number>>,
  sendAll: number,
  region: string | undefined,
): RequestCost {
  let put = 0;
  let get = 0;
  let free = 0;
  for (const [operation, count] of Object.entries(requests)) {
    if (FREE.test(operation)) free += count;
    else if (READS.test(operation)) get += count;
    else put += count;
  }
  const prices = region === undefined ? undefined : PRICES[region];
  if (prices === undefined) return { put, get, free, sendAll };
  return {
    put,
    get,
    free,
    sendAll,
    usd: round((put * prices.put + get * prices.get) / 1000),
    pricesAsOf: prices.asOf,
    sendAllUsd: round((sendAll * prices.put) / 1000),
  };
}

/** US dollars for 10^9 bytes from most regions into another one (https://repost.aws/articles/ARjzluyMS8RbeOOK4MGXRG6Q, 2026-01). */
const TRANSFER_USD_PER_GB = 0.02;

/** Regions of which more is asked, by different prices. */
const DEAR = /^(af|il|me|mx|sa)-|^ap-east-/;

/** What AWS asks for a copy into another region: US dollars for 10^9 bytes; `undefined` where the price is not known. */
export function transferPrice(from: string, to: string): number | undefined {
  if (from === to) return 0;
  return DEAR.test(from) ? undefined : TRANSFER_USD_PER_GB;
}

/** How a mirror got its bytes, in a sentence, and what each way costs in another. */
export function mirroredText(
  { copied, sent, bytesPerSecond, copyUsd, copyable }: Mirrored,
  dryRun: boolean,
): string {
  const ways = [
    {
      count: copied,
      done: dryRun ? 'to be copied from the first destination' : 'copied from the first destination',
    },
    { count: sent, done: dryRun ? 'to be sent from this machine' : 'sent from this machine' },
  ].filter(({ count }) => count.files > 0);
  const came = ways.map(
    ({ count, done }) => `${formatFiles(count.files)} (${formatBytes(count.bytes)}) ${done}`,
  );
  const bytes = copied.bytes + sent.bytes;
  const time =
    bytesPerSecond === undefined
      ? ''
      : `, about ${formatSeconds(bytes / bytesPerSecond)} at ${formatBytes(bytesPerSecond)}/s`;
  const all = `sending all takes ${formatBytes(bytes)} of this machine's line${time}`;
  const price =
    copyUsd === undefined
      ? 'a price that is not known here'
      : copyUsd === 0
        ? 'nothing'
        : `about ${dollars(copyUsd)}`;
  const copying = copyable
    ? `copying all costs ${price} for transfer`
    : 'it cannot be copied, as another service or other credentials lead there';
  return `${came.join(', ')}; ${all}; ${copying}`;
}

/** One sentence for people. */
export function costSentence({ put, get, free, sendAll, usd, sendAllUsd, pricesAsOf }: RequestCost): string {
  const classes = `${formatCount(put)} PUT, COPY, POST and LIST, ${formatCount(get)} GET and HEAD, ${formatCount(free)} free`;
  // A removal, or a run that ended before it knew.
  if (sendAll === 0) {
    const price =
      usd === undefined ? '' : `: about ${dollars(usd)} (standard class, prices of ${pricesAsOf})`;
    return `Billed as ${classes}${price}.`;
  }
  if (usd === undefined || sendAllUsd === undefined) {
    return `Billed as ${classes}; sending everything would have taken ${formatCount(sendAll)} of the first.`;
  }
  return `Billed as ${classes}: about ${dollars(usd)}; sending everything would have cost about ${dollars(sendAllUsd)} (standard class, prices of ${pricesAsOf}).`;
}

export function dollars(usd: number): string {
  return usd >= 0.1 ? `$${usd.toFixed(2)}` : `$${usd.toFixed(4)}`;
}

/** Hundredths of a cent's hundredth are noise. */
function round(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
