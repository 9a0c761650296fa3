import { describe, expect, test } from '@jest/globals';
import { parseDestinationLine } from '../../../src/console/destination.js';

const parse = (line: string, lenient = false) => {
  const { bucket, prefix, words } = parseDestinationLine('bucket', line, () => lenient);
  return { bucket, prefix, words: Object.fromEntries(words) };
};

describe('a destination line', () => {
  test.each([
    ['site', 'site', undefined],
    ['s3://site', 'site', undefined],
    ['s3://site/', 'site', undefined],
    ['S3://site/a/b', 'site', 'a/b/'],
    ['s3://site//a/', 'site', 'a/'],
    ['"s3://site/with blank"', 'site', 'with blank/'],
    [
      'arn:aws:s3:eu-west-1:123456789012:accesspoint/point',
      'arn:aws:s3:eu-west-1:123456789012:accesspoint/point',
      undefined,
    ],
    [
      's3://arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/point/a/b',
      'arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/point',
      'a/b/',
    ],
    [
      'point-abcdefghijklmnopqrstuvwxyz0123-s3alias',
      'point-abcdefghijklmnopqrstuvwxyz0123-s3alias',
      undefined,
    ],
  ])('%s', (line, bucket, prefix) => expect(parse(line)).toEqual({ bucket, prefix, words: {} }));

  test('words stand behind it, with blanks in double quotes', () => {
    expect(
      parse('s3://site/p  region=eu-west-1 "kms-key-id=alias/my key" sse="aws:kms"\twhole-bucket=true'),
    ).toEqual({
      bucket: 'site',
      prefix: 'p/',
      words: { region: 'eu-west-1', 'kms-key-id': 'alias/my key', sse: 'aws:kms', 'whole-bucket': 'true' },
    });
  });

  test.each([
    ['s3://site/my prefix', /"prefix" was given; allowed: name=value with a name of .*region.*double quotes/],
    ['site colour=red', /"colour=red" was given; allowed: name=value/],
    ['site delete-after=true', /allowed: name=value/],
    ['site region=a region=b', /region= stands twice/],
    ['site region=', /^bucket, region=: nothing was given; allowed: a value, or no region= at all$/],
    ['site profile=""', /^bucket, profile=: nothing was given/],
    ['site "kms-key-id= "', /^bucket, kms-key-id=: nothing was given/],
    ['site whole-bucket=', /nothing was given; allowed: true, false, or no whole-bucket= at all$/],
    ['site acl=', /nothing was given; allowed: private, public-read, .*, or no acl= at all$/],
    ['"site', /a double quote is not closed/],
    ['site/prefix', /a prefix goes into prefix or into the s3:\/\/ URL/],
    ['https://site.s3.amazonaws.com/', /a prefix goes into prefix/],
    ['arn:aws:s3::123456789012:accesspoint/abc.mrap', /no multi-region, Outposts or Object Lambda/],
    ['arn:aws:s3:eu-west-1:123456789012:accesspoint/point/a', /the prefix goes into prefix/],
    ['arn:aws:s3:eu-west-1:123456789012:accesspoint/ap', /NAME 3 to 50 lower-case letters/],
    ['arn:aws:s3:::site', /allowed: a bucket by its name: write s3:\/\/site$/],
    ['s3://arn:aws-cn:s3:::site/a', /write s3:\/\/site\/a$/],
    ['""', /cannot be a bucket's name: it has 0 characters/],
    ['s3://', /it has 0 characters/],
    ['ab', /it has 2 characters; allowed: 3 to 63/],
    ['Site', /lower-case letters, digits, dots and hyphens/],
    ['my_site', /lower-case/],
    ['-site', /begin and end with a letter or digit/],
    ['site.', /begin and end/],
    ['my..site', /two dots in a row/],
    ['192.168.0.1', /spelled like an IP address/],
    ['xn--site', /begins with xn--/],
  ])('%s is refused', (line, message) => expect(() => parse(line)).toThrow(message));

  test("other providers' names are taken as they are", () => {
    expect(parse('s3://My_Bucket/x', true).bucket).toBe('My_Bucket');
    expect(() => parse('s3://bücket/x', true)).toThrow(/cannot be a bucket's name/);
  });
});
