import type { RequestCost } from '../model/report.js';
import { formatCount } from './format.js';

/** When the prices were noted. */
const PRICES_AS_OF = '2025-11';

/**
 * USD per 1,000 requests of the standard class: PUT, COPY, POST and LIST; GET and all others that cost.
 * https://aws.amazon.com/s3/pricing/, "Requests & data retrievals". Regions that are not here have no estimate.
 */
const PRICES: Readonly<Record<string, readonly [number, number]>> = {
  'us-east-1': [0.005, 0.0004],
  'us-east-2': [0.005, 0.0004],
  'us-west-1': [0.0055, 0.00044],
  'us-west-2': [0.005, 0.0004],
  'ca-central-1': [0.0055, 0.00044],
  'sa-east-1': [0.007, 0.00056],
  'eu-west-1': [0.005, 0.0004],
  'eu-west-2': [0.0053, 0.00042],
  'eu-west-3': [0.0053, 0.00042],
  'eu-central-1': [0.0054, 0.00043],
  'eu-north-1': [0.005, 0.0004],
  'ap-northeast-1': [0.0047, 0.00037],
  'ap-southeast-1': [0.005, 0.0004],
  'ap-southeast-2': [0.0055, 0.00044],
  'ap-south-1': [0.005, 0.0004],
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
  const [perPut, perGet] = prices;
  return {
    put,
    get,
    free,
    sendAll,
    usd: round((put * perPut + get * perGet) / 1000),
    sendAllUsd: round((sendAll * perPut) / 1000),
  };
}

/** One sentence for people. */
export function costSentence({ put, get, free, sendAll, usd, sendAllUsd }: RequestCost): string {
  const classes = `${formatCount(put)} PUT, COPY, POST and LIST, ${formatCount(get)} GET and HEAD, ${formatCount(free)} free`;
  if (usd === undefined || sendAllUsd === undefined) {
    return `Billed as ${classes}; sending everything would have taken ${formatCount(sendAll)} of the first.`;
  }
  return `Billed as ${classes}: about ${dollars(usd)}; sending everything would have cost about ${dollars(sendAllUsd)} (standard class, prices of ${PRICES_AS_OF}).`;
}

function dollars(usd: number): string {
  return usd >= 0.1 ? `$${usd.toFixed(2)}` : `$${usd.toFixed(4)}`;
}

/** Hundredths of a cent's hundredth are noise. */
function round(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
