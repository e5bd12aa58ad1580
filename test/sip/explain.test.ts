import { describe, expect, test } from 'vitest';
import { AddressError, allowedAddresses, hostOf } from '../../sip/addresses.ts';
import { explainRefusal } from '../../sip/explain-refusal.ts';
import { explainSipStatus, sipSentence } from '../../sip/explain-status.ts';

describe('a final SIP status', () => {
  test.each([
    [486, 'busy'],
    [600, 'busy'],
    [603, 'rejected'],
    [403, 'rejected'],
    [607, 'rejected'],
    [408, 'no_answer'],
    [480, 'no_answer'],
    [487, 'no_answer'],
    [404, 'failed'],
    [484, 'failed'],
    [604, 'failed'],
    [401, 'failed'],
    [407, 'failed'],
    [488, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
    [302, 'failed'],
  ] as const)('%i is %s', (status, outcome) => {
    expect(explainSipStatus(status).outcome).toBe(outcome);
  });

  test('of every class has words, also one that nobody has heard of', () => {
    for (let status = 300; status < 700; status++) {
      const { outcome, cause, advice } = explainSipStatus(status);
      expect(outcome).not.toBe('unknown');
      expect(cause.length).toBeGreaterThan(10);
      expect(advice.endsWith('.')).toBe(true);
    }
    expect(explainSipStatus(299).outcome).toBe('unknown');
  });

  test('becomes a sentence with the status and what to do', () => {
    expect(sipSentence(404, 'Not Found')).toBe(
      'The number does not exist (SIP 404 Not Found). Check the number: country code, digits, no extension.',
    );
  });
});

describe('who may call in', () => {
  const number = {
    sipAddress: 'sip.carrier.test:5060',
    provider: 'custom',
    allowedAddresses: [],
    authUsername: '',
    authPassword: '',
  };
  const resolve = async () => ['203.0.113.9', '203.0.113.7', '203.0.113.9'];

  test('is the operator’s list if there is one', async () => {
    expect(await allowedAddresses({ ...number, allowedAddresses: ['198.51.100.0/24'] }, resolve)).toEqual([
      '198.51.100.0/24',
    ]);
  });

  test('is anybody with the right credentials if there are some', async () => {
    expect(await allowedAddresses({ ...number, authUsername: 'a', authPassword: 'b' }, resolve)).toEqual([]);
  });

  test('is what the host of the SIP address resolves to, else', async () => {
    expect(await allowedAddresses(number, resolve)).toEqual(['203.0.113.7', '203.0.113.9']);
    expect(await allowedAddresses({ ...number, sipAddress: '203.0.113.5:5070' }, resolve)).toEqual([
      '203.0.113.5',
    ]);
  });

  test('is this machine for the demo number', async () => {
    expect(await allowedAddresses({ ...number, sipAddress: '', provider: 'local' }, resolve)).toEqual([
      '127.0.0.0/8',
      '::1/128',
    ]);
  });

  test('is never everybody: a user name alone, no address, or a name that does not resolve is an error in words', async () => {
    await expect(allowedAddresses({ ...number, sipAddress: '' }, resolve)).rejects.toThrow(AddressError);
    await expect(allowedAddresses({ ...number, sipAddress: '', authUsername: 'a' }, resolve)).rejects.toThrow(
      'Nobody may call in',
    );
    await expect(allowedAddresses(number, async () => [])).rejects.toThrow('resolves to no address');
    await expect(
      allowedAddresses(number, async () => Promise.reject(new Error('ENOTFOUND'))),
    ).rejects.toThrow(AddressError);
  });

  test.each([
    ['sip.carrier.test', 'sip.carrier.test'],
    ['sip.carrier.test:5061', 'sip.carrier.test'],
    ['203.0.113.5:5060', '203.0.113.5'],
    ['[2001:db8::1]:5060', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
  ])('the host of %s is %s', (address, host) => {
    expect(hostOf(address)).toBe(host);
  });
});

describe('a line of livekit-sip’s log', () => {
  const fields = '"fromIP":"198.51.100.7","fromUser":"+14155550001","toUser":"+15559999"';

  test('about a caller for whom nothing is set up says so, in both log formats', () => {
    const json = `{"level":"info","msg":"Joining room",${fields},"room":"refused_+14155550001_x"}`;
    const columns = `2026-11-23T04:05:28.277Z\tINFO\tsip\tsip/inbound.go:1580\tJoining room\t{${fields},"room":"refused_+14155550001_x"}`;
    for (const line of [json, columns])
      expect(explainRefusal(line)).toEqual({
        reason: expect.stringContaining('the number is not registered, or calls from this address'),
        pii: { from: '+14155550001', to: '+15559999', address: '198.51.100.7' },
      });
  });

  test('about a number without an agent says that', () => {
    const line = `{"msg":"Joining room",${fields},"room":"refused_x_y","sipTrunk":"ST_1"}`;
    expect(explainRefusal(line)?.reason).toContain('has no agent');
  });

  test('about a wrong password says that', () => {
    const line = `{"msg":"Authentication failed - response mismatch",${fields}}`;
    expect(explainRefusal(line)?.reason).toContain('user name or password');
  });

  test('about an ordinary call is none of our business', () => {
    expect(explainRefusal(`{"msg":"Joining room",${fields},"room":"inbound_x_y"}`)).toBeNull();
    expect(explainRefusal('starting up')).toBeNull();
    expect(explainRefusal('{broken')).toBeNull();
  });
});
