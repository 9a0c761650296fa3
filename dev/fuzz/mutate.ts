/** What parsers look for, and what has surprised some. */
const TOKENS: readonly Buffer[] = [
  ...'<>/&;"\'=?!*[]\\:#%,{}|+@ \t\n\r\0',
  ...['\n\n', '</', '/>', '**/', '/**', '../', '"', '""', '://', 's3://', '::set-output name=x::y', '##['],
  ...['__proto__', 'constructor', 'toString', '"__proto__":{"polluted":1},', 'null', 'true', '[]', '{}'],
  ...['-1', '0', '1e999', '9007199254740993', '99999999999999999999', '0x1', '-0'],
  ...[
    '&#x0;',
    '&#60;',
    '&amp;',
    '%00',
    '%',
    '%ff',
    '%2e%2e/',
    '\u2028',
    '\u202e',
    'é',
    'e\u0301',
    '💥',
    '\ufeff',
  ],
].map((token) => Buffer.from(token));

const LONGEST = 8 * 1024;

/** A known input with one to eight changes. The same for the same numbers. */
export function mutant(known: readonly Buffer[], random: () => number): Buffer {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  let bytes = pick(known);
  for (let changes = 1 + below(8); changes > 0; changes--) {
    const at = below(bytes.length + 1);
    const before = bytes.subarray(0, at);
    const after = bytes.subarray(at);
    switch (below(10)) {
      case 0:
        bytes = before;
        break;
      case 1: {
        // Again and again: what takes time by the square of it shows.
        const piece = after.subarray(0, 1 + below(40));
        bytes = Buffer.concat([before, ...Array.from({ length: 2 + below(60) }, () => piece), after]);
        break;
      }
      case 2: {
        const lines = bytes.toString('latin1').split('\n');
        const [i, j] = [below(lines.length), below(lines.length)];
        [lines[i], lines[j]] = [lines[j] ?? '', lines[i] ?? ''];
        bytes = Buffer.from(lines.join('\n'), 'latin1');
        break;
      }
      case 3: {
        const other = pick(known);
        bytes = Buffer.concat([before, other.subarray(below(other.length))]);
        break;
      }
      case 4:
      case 5: {
        const flipped = Buffer.from(bytes);
        if (at < flipped.length) flipped[at]! ^= 1 << below(8);
        bytes = flipped;
        break;
      }
      case 6:
        bytes = Buffer.concat([before, after.subarray(1 + below(8))]);
        break;
      default:
        bytes = Buffer.concat([before, pick(TOKENS), after.subarray(below(4))]);
    }
    bytes = bytes.subarray(0, LONGEST);
  }
  return bytes;
}

/** A smaller input that fails too: pieces are taken out while it does. */
export async function shrink(bytes: Buffer, fails: (bytes: Buffer) => Promise<boolean>): Promise<Buffer> {
  let smallest = bytes;
  for (let length = smallest.length >> 1; length > 0; length >>= 1) {
    for (let at = 0; at < smallest.length; ) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + length)]);
      if (await fails(without)) smallest = without;
      else at += length;
    }
  }
  return smallest;
}
