import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNameAddress, parseUri, parseVia, userOf } from '../../simulate/softphone/sip/address.ts';
import { answerChallenge, makeChallenge, verifyAnswer } from '../../simulate/softphone/sip/digest.ts';
import {
  parseCSeq,
  parseMessage,
  SipParseError,
  serializeMessage,
} from '../../simulate/softphone/sip/message.ts';
import { readSdp, writeSdp } from '../../simulate/softphone/sip/sdp.ts';

const options = [
  'OPTIONS sip:+15550100@127.0.0.1 SIP/2.0',
  'v: SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKa, SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKb;rport',
  'f: "Doe, Jane" <sip:jane@example.com>;tag=1',
  't: <sip:+15550100@127.0.0.1>',
  'i: abc@example.com',
  'CSeq: 7 OPTIONS',
  'Subject: one',
  ' and more',
  'l: 0',
  '',
  '',
].join('\r\n');

describe('a SIP message', () => {
  it('is read with compact header names, lists on one line and folded lines', () => {
    const message = parseMessage(options);
    expect(message.headers.all('via')).toHaveLength(2);
    expect(userOf(message.headers.require('from'))).toBe('jane');
    expect(message.headers.get('subject')).toBe('one and more');
    expect(parseCSeq(message.headers)).toEqual({ number: 7, method: 'OPTIONS' });
  });

  it('survives writing and reading', () => {
    const message = parseMessage(options);
    const again = parseMessage(serializeMessage(message));
    expect(again.headers.entries().filter(({ name }) => name !== 'Content-Length')).toEqual(
      message.headers.entries().filter(({ name }) => name !== 'l'),
    );
  });

  it('keeps a line break in a value from becoming a header', () => {
    const message = parseMessage(options);
    message.headers.add('X-Note', 'one\r\nX-Evil: yes');
    expect(parseMessage(serializeMessage(message)).headers.get('x-evil')).toBeUndefined();
  });

  it.each([
    ['no start line', 'hello'],
    ['no Via', 'OPTIONS sip:a@b SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n'],
    ['a CSeq of words', options.replace('7 OPTIONS', 'seven OPTIONS')],
    ['a body shorter than announced', options.replace('l: 0', 'l: 10')],
    ['a header without a name', options.replace('Subject', '')],
  ])('with %s is refused', (_, text) => {
    expect(() => parseMessage(text)).toThrow(SipParseError);
  });

  it('of any rubbish is refused and nothing else', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(options.length), (rubbish, at) => {
        try {
          parseMessage(options.slice(0, at) + rubbish + options.slice(at));
        } catch (error) {
          expect(error).toBeInstanceOf(SipParseError);
        }
      }),
    );
  });
});

describe('addresses', () => {
  it('are read with names, brackets and parameters', () => {
    expect(parseNameAddress('"A; <b>" <sip:c@d;lr>;tag=x')).toEqual({
      uri: 'sip:c@d;lr',
      params: { tag: 'x' },
    });
    expect(parseNameAddress('sip:c@d;tag=x')).toEqual({ uri: 'sip:c@d', params: { tag: 'x' } });
    expect(parseUri('sip:%2B1555@host:5070;transport=udp')).toMatchObject({ user: '+1555', port: 5070 });
    expect(parseUri('tel:+15557777').user).toBe('+15557777');
    expect(parseVia('SIP/2.0/UDP h:5061;rport;branch=z').params).toEqual({ rport: '', branch: 'z' });
  });
});

describe('digest authentication', () => {
  it('gives the response of the example in RFC 2617', () => {
    const challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
    const answer = answerChallenge(
      challenge,
      { method: 'GET', uri: '/dir/index.html' },
      { username: 'Mufasa', password: 'Circle Of Life' },
    );
    expect(answer).toContain('response="670fd8c2df070c60b045671b8b24ff02"');
  });

  it('with qop is accepted with the right password only, and for a nonce of ours only', () => {
    const challenge = makeChallenge('here', 'n1');
    const answer = answerChallenge(
      challenge,
      { method: 'INVITE', uri: 'sip:a@b' },
      { username: 'u', password: 'p' },
    );
    const ours = new Set(['n1']);
    expect(verifyAnswer(answer, 'INVITE', ours, { username: 'u', password: 'p' })).toBe(true);
    expect(verifyAnswer(answer, 'INVITE', ours, { username: 'u', password: 'q' })).toBe(false);
    expect(verifyAnswer(answer, 'INVITE', new Set(), { username: 'u', password: 'p' })).toBe(false);
  });
});

describe('SDP', () => {
  it('of our own is read back', () => {
    const text = writeSdp({ host: '127.0.0.1', port: 4000, sessionId: 1, version: 1 });
    expect(readSdp(text)).toEqual({ host: '127.0.0.1', port: 4000, dtmfType: 101, listens: true });
  });

  it('on hold says that nobody listens', () => {
    const text = writeSdp({ host: '127.0.0.1', port: 4000, sessionId: 1, version: 1 });
    expect(readSdp(text.replace('sendrecv', 'inactive'))?.listens).toBe(false);
  });

  it('without PCMU is not for us', () => {
    expect(readSdp('v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 9 RTP/AVP 8\r\n')).toBeUndefined();
  });
});
