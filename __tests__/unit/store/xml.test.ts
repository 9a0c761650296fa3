import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  childrenOf,
  escapeXml,
  parseXml,
  textOf,
  type XmlElement,
  XmlError,
} from '../../../src/store/xml.js';

const name = fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,8}$/);
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const { element } = fc.letrec<{ element: XmlElement; children: readonly XmlElement[] }>((tie) => ({
  children: fc.array(tie('element'), { minLength: 1, maxLength: 4 }),
  element: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.record({ name, text, children: fc.constant([]) }),
    fc.record({ name, text: fc.constant(''), children: tie('children') }),
  ),
}));

function write({ name: of, text: inside, children }: XmlElement, blank: string): string {
  if (inside === '' && children.length === 0) return `<${of} a="b>c" d='"/>'/>`;
  const between = children.length > 0 ? blank : '';
  return `<${of}>${between}${escapeXml(inside)}${children.map((child) => write(child, blank) + between).join('')}</${of}>`;
}

describe('the XML of answers', () => {
  test('is read as it was written, and cut short it is refused', () => {
    fc.assert(
      fc.property(element, fc.constantFrom('', '\n  '), fc.nat(), (root, blank, cut) => {
        const document = `<?xml version="1.0" encoding="UTF-8"?>\n${write(root, blank)}`;
        expect(parseXml(document)).toEqual(root);
        expect(() => parseXml(document.slice(0, cut % document.length))).toThrow(XmlError);
      }),
      { numRuns: 500 },
    );
  });

  test('whatever comes, it is read or refused', () => {
    const piece = fc.oneof(
      fc.constantFrom('<', '>', '/', '</', '/>', '<?', '?>', '<!', '&', ';', '"', "'", '=', ' ', '\n'),
      fc.constantFrom(
        '<a>',
        '</a>',
        '<a/>',
        '<a b="',
        '&lt;',
        '&#60;',
        '<![CDATA[',
        ']]>',
        '<!--',
        '-->',
        'a',
      ),
      text,
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          expect(typeof parseXml(pieces.join('')).name).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  const bomb =
    '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;&c;&c;&c;</a>';
  test.each([
    ['nothing', ''],
    ['a document type', bomb],
    ['an external entity', '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'],
    ['an entity of its own', '<a>&b;</a>'],
    ['a reference without an end', '<a>a & b</a>'],
    ['a long reference', `<a>&#${'0'.repeat(1000)}60;</a>`],
    ['a surrogate', '<a>&#xD800;</a>'],
    ['a character past the last', '<a>&#x110000;</a>'],
    ['an inherited name as a reference', '<a>&constructor;</a>'],
    ['a comment', '<a><!-- b --></a>'],
    ['CDATA', '<a><![CDATA[b]]></a>'],
    ['a processing instruction', '<a><?b c?></a>'],
    ['a second declaration', '<?xml version="1.0"?><?xml version="1.0"?><a/>'],
    ['two roots', '<a/><b/>'],
    ['text after the root', '<a/>b'],
    ['text before the root', 'b<a/>'],
    ['a wrong end', '<a></b>'],
    ['an end that begins alike', '<a></ab>'],
    ['an end too many', '<a/></a>'],
    ['an end before its own', '<a><b></a></b>'],
    ['no end', '<a><b></b>'],
    ['a tag in a tag', '<a <b>></a>'],
    ['an attribute without an end', '<a b="c></a>'],
    ['a nameless element', '< a></ a>'],
    ['text beside elements', '<a>b<c/></a>'],
    ['HTML', '<!doctype html><html><body>hello</body></html>'],
    ['JSON', '{"Contents": []}'],
    ['deep nesting', '<a>'.repeat(1_000_000)],
    ['many elements', `<a>${'<b/>'.repeat(1_000_000)}</a>`],
    ['a name without end', `<${'a'.repeat(1_000_000)}/>`],
    ['opening angles', '<'.repeat(1_000_000)],
    ['ampersands', `<a>${'&'.repeat(1_000_000)}</a>`],
    ['quotes', `<a ${`"'`.repeat(1_000_000)}`],
  ])('%s is refused, at once', (_, document) => {
    const started = performance.now();
    expect(() => parseXml(document)).toThrow(XmlError);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('blanks before the declaration and after it, namespaces and a byte order mark are nothing', () => {
    const document =
      '\ufeff  \n<?xml version="1.0"?>   \n\n<a xmlns="http://s3.amazonaws.com/doc/2006-03-01/" >\r\n<b\n>c</b\n></a >\n';
    expect(parseXml(document)).toEqual({
      name: 'a',
      text: '',
      children: [{ name: 'b', text: 'c', children: [] }],
    });
  });

  test('blanks of a text are kept, and references are read once', () => {
    expect(parseXml('<a> &amp;lt; &#x41;&#66;&quot;&apos;&gt; </a>').text).toBe(` &lt; AB"'> `);
    expect(parseXml('<a>&quot;e&quot;</a>').text).toBe('"e"');
    expect(parseXml('<a>&quot;</a>').text).toBe('"');
    expect(parseXml('<a>&quot;&amp;&quot;</a>').text).toBe('"&"');
  });

  test('an element that is there twice, or has elements in it, has no text', () => {
    const root = parseXml('<a><b>1</b><b>2</b><c><d/></c><e/></a>');
    expect(() => textOf(root, 'b')).toThrow(XmlError);
    expect(() => textOf(root, 'c')).toThrow(XmlError);
    expect(textOf(root, 'e')).toBe('');
    expect(textOf(root, 'f')).toBeUndefined();
    expect(childrenOf(root, 'b').map((child) => child.text)).toEqual(['1', '2']);
  });
});
