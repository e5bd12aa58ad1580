import { z } from 'zod';
import { isZone } from '../../campaigns/rules/index.ts';
import type { FieldProblem } from '../../errors.ts';
import { readPhone } from '../phone.ts';

const column = z.string().trim().min(1).max(100).nullable().default(null);

/**
 * Which column of a list is what. Every other column becomes a variable of the agent under its own name, but for those
 * in `ignore`. What is said for all contacts stands where a row says nothing itself.
 */
export const listMapping = z.object({
  phone: z.string().trim().min(1).max(100),
  /** ISO 3166 of the number, where it is written without a country code. */
  country: column,
  zone: column,
  state: column,
  zip: column,
  consent: column,
  consentEvidence: column,
  /** 0 to 9, higher first. */
  priority: column,
  ignore: z.array(z.string()).max(200).default([]),
  /** IANA zone of everybody on the list. */
  zoneOfAll: z.string().refine(isZone, 'there is no time zone of this name').nullable().default(null),
  consentOfAll: z.enum(['express', 'written']).nullable().default(null),
});
export type ListMapping = z.output<typeof listMapping>;

const roles = ['phone', 'country', 'zone', 'state', 'zip', 'consent', 'consentEvidence', 'priority'] as const;
export type ColumnRole = (typeof roles)[number];
export const columnRoles: readonly ColumnRole[] = roles;

/** Names that lists give their columns, without spaces and signs, the usual one first. */
const knownNames: Readonly<Record<ColumnRole, readonly string[]>> = {
  phone: [
    ...[
      'phone',
      'phonenumber',
      'mobile',
      'mobilenumber',
      'mobilephone',
      'cell',
      'cellphone',
      'telephone',
      'tel',
    ],
    ...[
      'contactnumber',
      'msisdn',
      'number',
      'phone1',
      'telefon',
      'telefono',
      'teléfono',
      'handy',
      'whatsapp',
    ],
  ],
  country: ['country', 'countrycode', 'phonecountry', 'land', 'pais', 'país'],
  zone: ['timezone', 'tz', 'zone', 'zeitzone'],
  state: ['state', 'province', 'region', 'statecode', 'stateprovince'],
  zip: ['zip', 'zipcode', 'postcode', 'postalcode', 'plz', 'pincode'],
  consent: ['consent', 'optin', 'consentstatus', 'permission'],
  consentEvidence: ['consentevidence', 'consentdate', 'consentsource', 'optindate', 'optinsource'],
  priority: ['priority', 'prio'],
};

/**
 * What a list of failed rows has at its end, row number and reason (core/contacts/errors-csv.ts): of no use to an
 * agent.
 */
export const errorColumns = ['error row', 'error'] as const;

const ignored = (columns: readonly string[]): string[] =>
  columns.slice(-2).join() === errorColumns.join() ? [...errorColumns] : [];

/** The mapping that a header suggests. phone is null when no column is named like one nor holds numbers. */
export function suggestMapping(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  defaultCountry: string | null,
): Record<ColumnRole, string | null> & { readonly ignore: string[] } {
  const bare = columns.map((name) => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, ''));
  const named = (role: ColumnRole): string | null => {
    for (const name of knownNames[role]) {
      const found = columns[bare.indexOf(name)];
      if (found !== undefined) return found;
    }
    return null;
  };
  const suggested = Object.fromEntries(roles.map((role) => [role, named(role)])) as Record<
    ColumnRole,
    string | null
  >;
  const phone = suggested.phone ?? columnOfNumbers(columns, rows, defaultCountry);
  return { ...suggested, phone, ignore: ignored(columns) };
}

function columnOfNumbers(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  defaultCountry: string | null,
): string | null {
  const share = (index: number) =>
    rows.filter((cells) => !('problem' in readPhone(cells[index] ?? '', defaultCountry))).length /
    rows.length;
  return columns.find((_, index) => rows.length > 0 && share(index) >= 0.8) ?? null;
}

/** What is wrong with a mapping for these columns. */
export function mappingProblems(mapping: ListMapping, columns: readonly string[]): FieldProblem[] {
  const used = new Map<string, ColumnRole>();
  return roles.flatMap((role): FieldProblem[] => {
    const name = mapping[role];
    if (name === null) return [];
    const path = `mapping.${role}`;
    if (!columns.includes(name)) return [{ path, message: `the list has no column "${name}"` }];
    const other = used.get(name);
    used.set(name, role);
    return other ? [{ path, message: `column "${name}" is the ${other} already` }] : [];
  });
}
