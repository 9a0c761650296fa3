/** The version of package.json; written by `npm run generate`, so that a copy of dist alone knows it. */
export const VERSION = '1.0.0';

export const TOOL = `s3-dedup-sync/${VERSION}`;
