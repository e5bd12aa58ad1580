import { z } from 'zod';
import { deleteList, errorsCsv, getList, listErrors, previewList } from '../../../../core/contacts/index.ts';
import { csvType, sendCsv } from '../../../http/csv-file.ts';
import { idParams, intParam } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { presentUpload } from '../presenters/campaign.ts';
import { uploadOut } from '../schemas/campaign.ts';

const get = route({
  method: 'get',
  path: '/uploads/{id}',
  operationId: 'getUpload',
  summary: 'A list of people that was uploaded into a batch or campaign, and how far its import is',
  auth: 'member',
  keyScope: 'campaigns:read',
  status: 200,
  params: idParams,
  returns: uploadOut,
  handle: async ({ ctx, params: { id } }) => presentUpload(await getList(ctx, { listId: id })),
});

const preview = route({
  method: 'get',
  path: '/uploads/{id}/preview',
  operationId: 'previewUpload',
  summary: 'The first rows of a list, before it is imported',
  description: 'To choose a mapping by. Empty once the list is imported: the file is not kept.',
  auth: 'member',
  keyScope: 'campaigns:read',
  status: 200,
  params: idParams,
  returns: z
    .object({ columns: z.array(z.string()), rows: z.array(z.array(z.string())) })
    .meta({ id: 'UploadPreview' }),
  handle: async ({ ctx, params: { id } }) => {
    const { list, rows } = await previewList(ctx, { listId: id });
    return { columns: list.columns, rows };
  },
});

const errors = route({
  method: 'get',
  path: '/uploads/{id}/errors',
  operationId: 'listUploadErrors',
  summary: 'The rows of a list that did not become contacts, and why, in the order of the file',
  auth: 'member',
  keyScope: 'campaigns:read',
  status: 200,
  params: idParams,
  query: z.object({
    after: intParam({ min: 0, max: 2 ** 31, fallback: 0 }).meta({ description: 'Rows after this one.' }),
    limit: intParam({ min: 1, max: 1_000, fallback: 100 }),
  }),
  returns: z
    .object({
      items: z.array(
        z.object({
          row: z.number().int().meta({ description: 'As a spreadsheet counts: the header is row 1.' }),
          code: z.string(),
          reason: z.string(),
          cells: z.array(z.string()),
        }),
      ),
    })
    .meta({ id: 'UploadErrors' }),
  handle: async ({ ctx, params: { id }, query }) => {
    const rows = await listErrors(ctx, { listId: id, ...query });
    return { items: rows.map(({ row, code, reason, cells }) => ({ row, code, reason, cells })) };
  },
});

const errorsFile = route({
  method: 'get',
  path: '/uploads/{id}/errors.csv',
  operationId: 'downloadUploadErrors',
  summary: 'The same as CSV that can be mended and uploaded again',
  description:
    'The columns of the list, then `error row` and `error`, which an upload passes over. UTF-8 with a byte order mark; a cell that a spreadsheet would take for a formula begins with an apostrophe, which an upload takes off.',
  auth: 'member',
  keyScope: 'campaigns:read',
  status: 200,
  contentType: csvType,
  params: idParams,
  handle: async ({ ctx, params: { id }, koa }) => {
    // A list that is not there is known before the status is sent.
    const { name } = await getList(ctx, { listId: id });
    sendCsv(koa, `errors of ${name.replace(/\.csv$/i, '')}.csv`, errorsCsv(ctx, id));
    return undefined;
  },
});

const remove = route({
  method: 'delete',
  path: '/uploads/{id}',
  operationId: 'deleteUpload',
  summary: 'Drop a list of which nobody is in the campaign yet',
  auth: 'member',
  keyScope: 'campaigns:write',
  status: 204,
  errors: [409],
  params: idParams,
  handle: async ({ ctx, params: { id } }) => {
    await deleteList(ctx, { listId: id });
    return undefined;
  },
});

export const uploadRoutes = [get, preview, errors, errorsFile, remove];
