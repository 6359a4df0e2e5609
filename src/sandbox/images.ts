import { crc32, deflateSync } from 'node:zlib';
import { type Response, Router } from 'express';
import { SECOND } from './clock';
import type { SandboxState } from './state';

const MAX_WIDTH = 1920;
const CELLS = 5;

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** A two-coloured PNG with a mirrored pattern of blocks; colour and pattern follow from the name. */
export function drawPng(name: string, width: number, height: number): Buffer {
  const bits = crc32(name);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  const ink = [bits & 0x7f, (bits >>> 8) & 0x7f, (bits >>> 16) & 0x7f];
  const palette = Buffer.from([236, 232, 222, ...ink]);
  const bands = Array.from({ length: CELLS }, (_, band) => drawRow(bits, band, width));
  const rows = Array.from({ length: height }, (_, y) => bands[Math.floor((y * CELLS) / height)] ?? Buffer.alloc(0));
  const parts = [
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts]);
}

/** One line of pixels, led by the byte that says it is not filtered. */
function drawRow(bits: number, band: number, width: number): Buffer {
  const row = Buffer.alloc(width + 1);
  for (let x = 0; x < width; x += 1) {
    const column = Math.floor((x * CELLS) / width);
    const mirrored = Math.min(column, CELLS - 1 - column);
    row[x + 1] = (bits >>> (band * 3 + mirrored)) & 1;
  }
  return row;
}

function size(transform: string): { width: number; height: number } {
  const decoded = Buffer.from(transform, 'base64').toString('latin1');
  const width = Math.min(MAX_WIDTH, Number(/"w":(\d{1,5})/.exec(decoded)?.[1] ?? 400)) || 1;
  const isBanner = /"we":1/.test(decoded);
  return { width, height: isBanner ? Math.ceil(width / 4) : width };
}

function sendPng(response: Response, name: string, width: number, height: number): void {
  response
    .type('png')
    .set('cache-control', 'private, max-age=3600')
    .send(drawPng(name, width, height));
}

/** The image host: pictures while their address lives, 403 afterwards and for an address that was edited. */
export function imagesRouter({ clock, world }: SandboxState): Router {
  const router = Router();
  router.get('/4/patreon-media/p/:kind/:id/:hash/:transform/:file', (request, response) => {
    const query = new URL(request.originalUrl, 'http://sandbox').searchParams;
    const tokenTime = query.get('token-time') ?? '';
    const path = request.originalUrl.split('?')[0] ?? '';
    const isAlive = Number(tokenTime) * SECOND > clock.now();
    if (!isAlive || !world.population.acceptsImage(path, tokenTime, query.get('token-hash') ?? '')) {
      response.status(403).type('text').send('Access Denied');
      return;
    }
    const { width, height } = size(request.params.transform);
    sendPng(response, request.params.hash, width, height);
  });
  router.get('/3/200/:userId', (request, response) => sendPng(response, request.params.userId, 200, 200));
  return router;
}
