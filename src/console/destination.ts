import { usageError } from '../model/errors.js';
import { type InputName, inputDefinition, WORD_NAMES } from '../model/inputs.js';
import { type Prefix, parsePrefix } from '../model/object-key.js';
import { printable, shorten } from './text.js';
import { refuse } from './values.js';

/** A destination line: where to, and the inputs that stand behind it. */
export interface DestinationLine {
  readonly bucket: string;
  /** `undefined`: no URL, or a URL without a path; the `prefix` input may say. */
  readonly prefix: Prefix | undefined;
  readonly words: ReadonlyMap<InputName, string>;
}

/**
 * `name`, `s3://name/prefix` or an access point's ARN, then `name=value` words. Double quotes hold blanks
 * together. `lenient` is for other providers, whose buckets may have names that S3 does not allow.
 */
export function parseDestinationLine(
  input: string,
  line: string,
  lenient: (words: DestinationLine['words']) => boolean,
): DestinationLine {
  const [place, ...rest] = splitWords(input, line);
  if (place === undefined) return refuse(input, '', ALLOWED);
  const words = parseWords(input, rest);
  const { bucket, path } = splitPlace(input, place);
  checkBucket(input, bucket, lenient(words));
  const prefix = path === undefined ? undefined : parsePrefix(path);
  return { bucket, prefix: prefix === '' ? undefined : prefix, words };
}

/** What a place may be given as. */
export const ALLOWED = "a bucket's name, s3://bucket/prefix, or the ARN of an access point";

function splitWords(input: string, line: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let started = false;
  let quoted = false;
  for (const character of line) {
    if (character === '"') {
      quoted = !quoted;
      started = true;
    } else if (!quoted && /\s/.test(character)) {
      if (started) words.push(word);
      word = '';
      started = false;
    } else {
      word += character;
      started = true;
    }
  }
  if (quoted) throw usageError(`${input}: a double quote is not closed in ${printable(shorten(line, 80))}`);
  if (started) words.push(word);
  return words;
}

function parseWords(input: string, words: readonly string[]): ReadonlyMap<InputName, string> {
  const parsed = new Map<InputName, string>();
  for (const word of words) {
    const separator = word.indexOf('=');
    const name = WORD_NAMES.find((candidate) => candidate === word.slice(0, Math.max(separator, 0)));
    if (name === undefined) {
      return refuse(
        `${input}, behind the place`,
        word,
        `name=value with a name of ${WORD_NAMES.join(', ')}; a prefix or value with blanks stands in double quotes`,
      );
    }
    if (parsed.has(name)) throw usageError(`${input}: ${name}= stands twice behind the place; give it once`);
    const value = word.slice(separator + 1);
    // An expression without a value, as where it empties a whole input that must have one.
    if (value.trim() === '')
      return refuse(`${input}, ${name}=`, '', `${allowedIn(name)}, or no ${name}= at all`);
    parsed.set(name, value);
  }
  return parsed;
}

function allowedIn(name: InputName): string {
  const { kind, values = [] } = inputDefinition(name);
  if (kind === 'boolean') return 'true, false';
  return kind === 'enum' ? values.join(', ') : 'a value';
}

const ACCESS_POINT =
  /^arn:aws(?:-[a-z0-9-]+)?:s3:[a-z0-9-]+:[0-9]{12}:accesspoint[/:]([a-z0-9][a-z0-9-]{1,48}[a-z0-9])(?:\/(.*))?$/s;

/** As policies name a bucket, and what is in it. */
const BUCKET_ARN = /^arn:aws(?:-[a-z0-9-]+)?:s3:::(.+)$/s;

function splitPlace(
  input: string,
  place: string,
): { readonly bucket: string; readonly path: string | undefined } {
  const url = /^s3:\/\/(.*)$/is.exec(place);
  const rest = url?.[1] ?? place;
  if (rest.startsWith('arn:')) {
    const arn = ACCESS_POINT.exec(rest);
    const bucket = BUCKET_ARN.exec(rest);
    if (bucket !== null) return refuse(input, place, `a bucket by its name: write s3://${bucket[1]}`);
    if (arn === null || (url === null && arn[2] !== undefined)) {
      return refuse(
        input,
        place,
        'arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME, where ACCOUNT has 12 digits and NAME 3 to 50 lower-case letters, digits and hyphens (no multi-region, Outposts or Object Lambda access points); the prefix goes into prefix',
      );
    }
    const path = arn[2];
    return { bucket: path === undefined ? rest : rest.slice(0, -(path.length + 1)), path };
  }
  if (url === null) {
    if (/^[a-z0-9+.-]+:\/\//i.test(place) || place.includes('/')) {
      return refuse(input, place, `${ALLOWED}; a prefix goes into prefix or into the s3:// URL`);
    }
    return { bucket: place, path: undefined };
  }
  const slash = rest.indexOf('/');
  return slash === -1
    ? { bucket: rest, path: undefined }
    : { bucket: rest.slice(0, slash), path: rest.slice(slash + 1) };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; names and access-point aliases. */
function checkBucket(input: string, bucket: string, lenient: boolean): void {
  const broken = bucket.startsWith('arn:')
    ? undefined
    : lenient
      ? brokenLeniently(bucket)
      : brokenRule(bucket);
  if (broken === undefined) return;
  throw usageError(`${input}: ${printable(shorten(bucket, 80))} cannot be a bucket's name: ${broken}`);
}

function brokenLeniently(bucket: string): string | undefined {
  return /^[A-Za-z0-9._-]{1,255}$/.test(bucket)
    ? undefined
    : 'it has letters, digits, dots, hyphens and underscores';
}

function brokenRule(bucket: string): string | undefined {
  if (bucket.length < 3 || bucket.length > 63) return `it has ${bucket.length} characters; allowed: 3 to 63`;
  if (!/^[a-z0-9.-]*$/.test(bucket)) return 'allowed: lower-case letters, digits, dots and hyphens';
  if (!/^[a-z0-9].*[a-z0-9]$/.test(bucket)) return 'it must begin and end with a letter or digit';
  if (bucket.includes('..')) return 'it has two dots in a row';
  if (/^[0-9]+(\.[0-9]+){3}$/.test(bucket)) return 'it is spelled like an IP address';
  if (bucket.startsWith('xn--')) return 'S3 allows no name that begins with xn--';
  return undefined;
}
