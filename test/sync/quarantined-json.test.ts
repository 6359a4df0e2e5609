import { indented } from '../../src/apps/sync/run-page';

describe('a quarantined record in lines', () => {
  it('keeps every digit and every character of its texts', () => {
    expect(indented('{"id":9007199254740993,"a":["x, {y}: \\"z\\"",{}],"b":null}')).toBe(
      '{\n  "id": 9007199254740993,\n  "a": [\n    "x, {y}: \\"z\\"",\n    {}\n  ],\n  "b": null\n}',
    );
  });

  it('takes one whose end was cut off', () => {
    expect(indented('{"a":["b","c…')).toBe('{\n  "a": [\n    "b",\n    "c…');
  });
});
