import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { closeServer, listen, openServer } from '../../../control-plane/http/listen.ts';
import { contactLists } from '../../../db/schema/contact-lists.ts';
import { waitFor } from '../../../platform/retry.ts';
import { campaignRow } from '../../factories/campaigns.ts';
import { testApp } from '../../harness/app.ts';
import { signUp } from './crew.ts';

test('an upload of which nothing comes any more is ended, and the rest may be sent', async () => {
  await using app = await testApp();
  const ada = await signUp(app);
  const campaign = await campaignRow(app.t, ada);
  const server = openServer(app.app.koa.callback(), { bodyIdleMs: 300 });
  const client = connect(await listen(server, { HOST: '127.0.0.1', PORT: 0 }), '127.0.0.1');
  client.on('error', () => undefined);
  await once(client, 'connect');
  client.write(
    [
      `POST /api/v/upload/${campaign.id}/ HTTP/1.1`,
      'Host: here',
      `Authorization: ${ada.headers.authorization}`,
      'Content-Type: multipart/form-data; boundary=bound',
      'Content-Length: 50000',
      '',
      '--bound',
      'Content-Disposition: form-data; name="file"; filename="people.csv"',
      '',
      'phone,name',
      '+12125550123,Ann',
      '',
    ].join('\r\n'),
  );
  await once(client, 'close');
  const list = await waitFor('the list to say so', async () => {
    const [row] = await app.t.db.select().from(contactLists);
    return row?.state === 'broken' ? row : undefined;
  });
  expect(list.receivedBytes).toBeGreaterThan(0);
  await closeServer(server, { graceMs: 0 });
});
