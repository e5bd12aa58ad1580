import { deflateRawSync } from 'node:zlib';
import type { Context } from '../../core/context.ts';
import {
  addFiles,
  type KnowledgeFile,
  listFiles,
  queryKnowledge,
  stageFile,
} from '../../core/knowledge/index.ts';
import { indexFile } from '../../jobs/knowledge/index-file.ts';
import { createLogger } from '../../platform/log.ts';
import type { TestContext } from '../harness/context.ts';
import { newAgent } from './lines.ts';
import { newPerson } from './people.ts';

/** Uploads one file as a surface would, without indexing it. Throws the reason of a refusal. */
export async function giveFile(
  t: TestContext,
  ctx: Context,
  agentId: string,
  name: string,
  content: string | Uint8Array,
): Promise<KnowledgeFile> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const staged = await stageFile(t.services, { agentId, name, source: chunksOf(bytes) });
  if ('reason' in staged) throw new Error(staged.reason);
  const { files, refused } = await addFiles(ctx, { agentId, files: [staged] });
  const [file] = files;
  if (!file) throw new Error(refused[0]?.reason);
  return file;
}

/** Uploads and indexes. */
export async function teach(
  t: TestContext,
  ctx: Context,
  agentId: string,
  name: string,
  content: string | Uint8Array,
): Promise<KnowledgeFile> {
  const file = await giveFile(t, ctx, agentId, name, content);
  await index(t, file);
  return file;
}

/** What the job does. */
export const index = (t: TestContext, file: Pick<KnowledgeFile, 'id' | 'revision'>): Promise<string> =>
  indexFile(
    { ctx: t.system(), log: createLogger('test', { level: 'silent' }) },
    { fileId: file.id, revision: file.revision },
  );

/** In pieces, as they come from a network. */
export async function* chunksOf(bytes: Uint8Array, size = 16_384): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A ZIP of deflated entries. `claimedBytes` lies about their size, as a bomb does. */
export function zip(entries: Readonly<Record<string, string | Buffer>>, claimedBytes?: number): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const raw = Buffer.from(content);
    const data = deflateRawSync(raw);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(8, 4);
    // Nobody gets as far as checking the sum of a bomb.
    shared.writeUInt32LE(claimedBytes === undefined ? crc32(raw) : 0, 10);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(claimedBytes ?? raw.length, 18);
    shared.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), shared, rest, Buffer.from(name)]),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';

/** The smallest Word document: paragraphs, a leading # makes a heading. */
export function docx(paragraphs: readonly string[]): Buffer {
  const body = paragraphs
    .map((text) => {
      const style = text.startsWith('# ') ? '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>' : '';
      return `<w:p>${style}<w:r><w:t>${text.replace(/^# /, '')}</w:t></w:r></w:p>`;
    })
    .join('');
  return zip({
    '[Content_Types].xml':
      '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    '_rels/.rels':
      '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
    'word/styles.xml': `<?xml version="1.0"?><w:styles xmlns:w="${word}"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>`,
    'word/_rels/document.xml.rels':
      '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="s1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
    'word/document.xml': `<?xml version="1.0"?><w:document xmlns:w="${word}"><w:body>${body}</w:body></w:document>`,
  });
}

/** The smallest PDF with text: one page for each list of lines. */
export function pdf(pages: readonly (readonly string[])[], { encrypted = false } = {}): Buffer {
  const objects: string[] = ['<< /Type /Catalog /Pages 2 0 R >>'];
  const kids = pages.map((_, page) => `${4 + page * 2} 0 R`).join(' ');
  objects.push(`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`);
  objects.push('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  for (const [page, lines] of pages.entries()) {
    const text = lines.map((line) => `(${line.replaceAll(/[()\\]/g, '\\$&')}) Tj T*`).join('\n');
    const stream = `BT /F1 12 Tf 14 TL 72 720 Td\n${text}\nET`;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${5 + page * 2} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
      `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    );
  }
  const key = 'ab'.repeat(32);
  const extra = encrypted
    ? `/Encrypt << /Filter /Standard /V 1 /R 2 /O <${key}> /U <${key}> /P -4 >> /ID [<${key}> <${key}>]`
    : '';
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const at = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  const start = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${extra} >>\nstartxref\n${start}\n%%EOF`;
  return Buffer.from(text, 'latin1');
}

/** An agent that can be taught files and asked. */
export async function hotel(t: TestContext, language = 'en-US') {
  const { ctx, workspaceId } = await newPerson(t);
  const agent = await newAgent(ctx, { webSlug: 'hotel', definition: { language } });
  const ask = (question: string, limit = 5) => queryKnowledge(ctx, { agentId: agent.id, question, limit });
  const learn = (name: string, content: string | Uint8Array) => teach(t, ctx, agent.id, name, content);
  const files = () => listFiles(ctx, { agentId: agent.id });
  return { ctx, workspaceId, agentId: agent.id, ask, learn, files };
}

export const handbook = `# Handbook

Welcome to the Harbor Hotel.

## Pets

Dogs up to 20 kilograms are welcome for a fee of fifteen euros a night. Cats stay for free.

## Parking

The garage in Pier Street closes at eleven in the evening. Spaces cost nine euros a day.

## Breakfast

Breakfast is served from six to ten, on Sundays until noon, in the conservatory.
`;
