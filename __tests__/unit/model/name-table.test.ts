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

describe('a table of names', () => {
  test('has each name once, under its number, however many there are', () => {
    const table = new NameTable();
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
    const names = new NameTable();
    for (const name of [...STRANGE.slice(0, -1), 'b', 'ab', 'a/b']) names.add(name);
    for (const prefix of ['', 'a', 'ü/', '\u0100', '\ud83d']) {
      const below = new NameTable();
      for (let row = 0; row < names.size; row += 2) below.add(prefix + names.at(row));
      below.add('b');
      for (let row = 0; row < names.size; row++)
        expect(below.findBelow(prefix, names, row)).toBe(below.find(prefix + names.at(row)));
    }
  });

  test('compares names as compareKeys does', () => {
    const random = randomNumbers(7);
    const table = new NameTable();
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
  });
});
