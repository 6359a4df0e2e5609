import type { Visitor } from './app';
import { readPage } from './page';

/** The row ids of a whole list, page by page as its own links lead; `prev` walks from the last page back. */
export async function walkList(
  visitor: Visitor,
  list: string,
  address: string,
  rel: 'next' | 'prev' = 'next',
): Promise<{ ids: number[]; last: string; pages: number[] }> {
  const pages: number[][] = [];
  let next: string | undefined = address;
  let last = address;
  while (next) {
    if (pages.length > 100) throw new Error('The list does not come to an end');
    last = next;
    const answer = await visitor.get(next);
    if (answer.status !== 200) throw new Error(`${next} answered ${answer.status}`);
    const page = readPage(answer.text);
    pages.push(page.rows(list).map((row) => Number(row.id)));
    next = page.link(rel);
  }
  const inOrder = rel === 'next' ? pages : [...pages].reverse();
  return { ids: inOrder.flat(), last, pages: pages.map((page) => page.length) };
}
