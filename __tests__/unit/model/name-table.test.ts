import { describe, expect, test } from '@jest/globals';
import { NameTable } from '../../../src/model/name-table.js';
import { compareKeys } from '../../../src/model/object-key.js';
import { randomNumbers } from '../../support/random.js';

const STRANGE = [
  '',
  'ü',
  'ÿ',
  '\u0100',
  'a\0b',
  '日本',
  '\ud83d\ude00',
  '\ud800',
  '\ufffd',
  'x'.repeat(3_000_000),
];

describe.each([
  ['in a Map', 16_384],
  ['too many for a Map', 100],
  ['never in a Map', 0],
])('a table of names, %s', (_, mostInMap) => {
  test('has each name once, under its number, however many there are', () => {
    const table = new NameTable(mostInMap);
    const names = [...STRANGE, ...Array.from({ length: 10_000 }, (_, i) => `records/${i % 77}/${i}.json`)];
    for (const name of names) table.add(name);
    for (const [row, name] of names.entries()) {
      if (table.add(name) !== row || table.find(name) !== row || table.at(row) !== name) {
        throw new Error(`${name.slice(0, 100)} is not in row ${row}`);
      }
    }
    expect(table.size).toBe(names.length);
    expect(['records', 'records/1/1.jso', 'u', '\udc00', 'x'].map((name) => table.find(name))).toEqual(
      Array.from({ length: 5 }, () => -1),
    );
  });

  test('finds the names of another table below a prefix', () => {
    const names = new NameTable(mostInMap);
    for (const name of [...STRANGE.slice(0, -1), 'b', 'ab', 'a/b']) names.add(name);
    for (const prefix of ['', 'a', 'ü/', '\u0100', '\ud83d']) {
      const below = new NameTable(mostInMap);
      for (let row = 0; row < names.size; row += 2) below.add(prefix + names.at(row));
      below.add('b');
      for (let row = 0; row < names.size; row++)
        expect(below.findBelow(prefix, names, row)).toBe(below.find(prefix + names.at(row)));
    }
  });

  test('finds those of one that is in a Map below a prefix in one that is not, and the other way round', () => {
    for (const isMapFirst of [true, false]) {
      const tables = [new NameTable(), new NameTable(mostInMap)];
      const [names, below] = (isMapFirst ? tables : tables.toReversed()) as [NameTable, NameTable];
      for (const name of STRANGE.slice(0, -1)) {
        names.add(name);
        below.add(`p/${name}`);
      }
      for (let row = 0; row < names.size; row++)
        expect(below.at(below.findBelow('p/', names, row))).toBe(`p/${names.at(row)}`);
    }
  });

  test('compares names as compareKeys does, and orders them so', () => {
    const random = randomNumbers(7);
    const table = new NameTable(mostInMap);
    const signs = ['a', 'b', '/', 'ÿ', '\u0100', '\ue000', '\ud83d\ude00'];
    for (let i = 0; i < 200; i++) {
      const length = Math.floor(random() * 5);
      table.add(Array.from({ length }, () => signs[Math.floor(random() * signs.length)]).join(''));
    }
    for (let a = 0; a < table.size; a++) {
      for (let b = 0; b < table.size; b++) {
        const expected = Math.sign(compareKeys(table.at(a), table.at(b)));
        if (Math.sign(table.compare(a, b)) !== expected) throw new Error(`${table.at(a)} and ${table.at(b)}`);
      }
    }
    const names = Array.from({ length: table.size }, (_, row) => table.at(row));
    expect(Array.from(table.ordered(), (row) => table.at(row))).toEqual(names.toSorted(compareKeys));
    expect(Array.from(table.ordered(9), (row) => table.at(row))).toEqual(
      names.slice(0, 9).toSorted(compareKeys),
    );
  });
});
