import type { Wishes } from '../environment.ts';
import type { Check } from './finding.ts';
import { instanceCheck } from './instance-check.ts';
import { machineChecks } from './machine-checks.ts';
import { partChecks } from './part-checks.ts';
import { settingChecks } from './setting-checks.ts';

/** Every check, in the order they are printed. */
export const checks = (wishes: Wishes): readonly Check[] => [
  ...machineChecks(wishes),
  ...partChecks(wishes),
  ...settingChecks(wishes),
  instanceCheck(wishes),
];
