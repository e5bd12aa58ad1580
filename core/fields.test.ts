import { describe, expect, test } from 'vitest';
import { networkField, phoneNumberField, sipAddressField, webSlugField } from './fields.ts';

const parse = (
  field: { safeParse(value: unknown): { success: boolean; data?: unknown } },
  value: unknown,
) => {
  const result = field.safeParse(value);
  return result.success ? result.data : undefined;
};

describe('fields', () => {
  test.each([
    ['+16505551234', '+16505551234'],
    [' +1 (650) 555-1234 ', '+16505551234'],
    ['+44 20 7946 0123', '+442079460123'],
    ['16505551234', undefined],
    ['+1650555', undefined],
    ['+15551234567', undefined],
    ['+16505551234 ext. 5', undefined],
    ['', undefined],
  ])('phone number %j is %j', (text, expected) => expect(parse(phoneNumberField, text)).toBe(expected));

  test.each([
    ['sip.example.com', 'sip.example.com'],
    ['SIP:Sip.Example.com:5060', 'sip.example.com:5060'],
    ['127.0.0.1:5080', '127.0.0.1:5080'],
    ['[2001:db8::1]:5060', '[2001:db8::1]:5060'],
    ['127.0.0', undefined],
    ['300.0.0.1', undefined],
    ['a.test:0', undefined],
    ['a.test:65536', undefined],
    ['user@a.test', undefined],
    ['a.test;transport=tcp', undefined],
    ['-a.test', undefined],
    ['http://a.test', undefined],
    ['', undefined],
  ])('SIP address %j is %j', (text, expected) => expect(parse(sipAddressField, text)).toBe(expected));

  test.each([
    ['10.0.0.0/8', true],
    ['10.0.0.1', true],
    ['2001:db8::/32', true],
    ['10.0.0.0/33', false],
    ['10.0.0.0/', false],
    ['10.0.0/8', false],
    ['a.test', false],
  ])('network %j fits: %j', (text, fits) => expect(networkField.safeParse(text).success).toBe(fits));

  test.each([
    ['Front-Desk', 'front-desk'],
    ['a', 'a'],
    ['-a', undefined],
    ['a_b', undefined],
    ['a'.repeat(64), undefined],
    ['01a20000-0000-7000-8000-000000000000', undefined],
    ['01a20000-0000-7000-8000', '01a20000-0000-7000-8000'],
  ])('web slug %j is %j', (text, expected) => expect(parse(webSlugField, text)).toBe(expected));
});
