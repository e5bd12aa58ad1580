import { inheritedEnv } from '../../../platform/config.ts';

/** FAULTS_SEED, or what is given. */
export const faultSeed = (otherwise: string): string => inheritedEnv().FAULTS_SEED ?? otherwise;
