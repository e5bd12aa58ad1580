export function missingOptionals(packages: Readonly<Record<string, object>>): Record<string, object>;
