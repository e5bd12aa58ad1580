import type { Product } from '../../test/harness/product.ts';
import type { Target } from './conversation.ts';

export function productTarget({ run }: Product): Target {
  return {
    name: 'product',
    pid: run.pids.worker ?? 0,
    dial: (softphone) => softphone.call({ to: `sip:${run.demo.number}@${run.sip}`, from: '+15550198' }),
  };
}
