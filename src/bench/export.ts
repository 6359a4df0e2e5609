import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { SYSTEM } from '../apps/accounts/audit.service';
import { EXPORT_FORMATS, type ExportFormat } from '../apps/members/export.model';
import { type ExportRequest, exportMembers } from '../apps/members/export.service';
import { chosenByList, exportColumns } from '../apps/members/export-columns';
import { readMemberQuery } from '../apps/members/member-query';
import type { Context } from '../context';
import { sendDownload } from '../http/download';
import type { Bench } from './bench';
import { benchConfig, withBenchContext } from './bench-context';
import { insertMemberPopulation } from './member-population';
import { printTable } from './print-table';
import { plainKnex } from './scratch-database';

interface Taken {
  file: string;
  rows: number;
  seconds: number;
  megabytes: number;
  /** Of this process, which is server and client at once, so far. */
  peakMegabytes: number;
}

/** Takes files of all members over HTTP, as the page gives them, in two orders. */
export async function benchExport({ rows, databaseUrl, print }: Bench): Promise<void> {
  const loader = plainKnex(databaseUrl);
  await insertMemberPopulation(loader, rows).finally(() => loader.destroy());
  await withBenchContext(benchConfig(databaseUrl), async (context) => {
    const taken: Taken[] = [];
    for (const sort of ['-joined', 'name'])
      for (const format of EXPORT_FORMATS) taken.push(await take(context, sort, format));
    const head = ['file', 'rows', 'seconds', 'rows/s', 'MB', 'peak MB'];
    printTable(head, taken.map(cellsOf), print);
    if (taken.some((one) => one.rows !== rows)) throw new Error('A file has not as many rows as there are members.');
  });
}

async function take(context: Context, sort: string, format: ExportFormat): Promise<Taken> {
  const request = await requestOf(context, sort, format);
  const server = await serve(context, request);
  try {
    const startedAt = performance.now();
    const { rows, bytes } = await read(server, format);
    const seconds = (performance.now() - startedAt) / 1000;
    const peakMegabytes = process.resourceUsage().maxRSS / 1024;
    return { file: `${format} by ${sort}`, rows, seconds, megabytes: bytes / 2 ** 20, peakMegabytes };
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** What the page offers first: the columns of the list. */
async function requestOf({ knex }: Context, sort: string, format: ExportFormat): Promise<ExportRequest> {
  const reader = {
    seesEmail: true,
    seesMoney: true,
    seesAddress: true,
    seesFollowUps: true,
    staffId: null,
    now: new Date(),
  };
  const { filter, order, searchParams, columns: listed } = await readMemberQuery({ sort }, reader, knex);
  const offered = exportColumns(() => true, []);
  const usual = chosenByList(listed, offered);
  const columns = offered.filter(({ name }) => usual.includes(name));
  return { filter, order, searchParams, format, columns, reason: undefined, actor: SYSTEM };
}

async function serve(context: Context, request: ExportRequest): Promise<Server> {
  const app = express();
  app.get('/', (_req, res) =>
    sendDownload(res, { filename: 'members', type: 'text' }, (sink) => exportMembers(context, request, sink)),
  );
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const LINE_END = 10;

/** A head, or two brackets. */
const LINES_AROUND: Record<ExportFormat, number> = { csv: 1, json: 2 };

/** Counts rows by their line ends, without keeping them: no name here holds one. */
async function read(server: Server, format: ExportFormat): Promise<{ rows: number; bytes: number }> {
  const { port } = server.address() as AddressInfo;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent: false }, resolve).on('error', reject);
  });
  let bytes = 0;
  let lines = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (const byte of chunk) if (byte === LINE_END) lines += 1;
  }
  return { rows: lines - LINES_AROUND[format], bytes };
}

function cellsOf({ file, rows, seconds, megabytes, peakMegabytes }: Taken): string[] {
  return [
    file,
    rows.toLocaleString('en'),
    seconds.toFixed(1),
    Math.round(rows / seconds).toLocaleString('en'),
    megabytes.toFixed(0),
    peakMegabytes.toFixed(0),
  ];
}
