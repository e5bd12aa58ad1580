import type { z } from 'zod';
import type { Traffic, Validation, VersionListItem } from '../../../../core/agents/index.ts';
import type { FieldProblem } from '../../../../core/errors.ts';
import { toWireName } from '../../../http/route.ts';
import { agentWireNames } from '../schemas/agent.ts';
import type { agentCheckOut, agentVersionOut, trafficOut } from '../schemas/agent-version.ts';

const presentProblem = ({ path, message }: FieldProblem) => ({
  field: toWireName(`definition.${path}`, agentWireNames),
  message,
});

export const presentCheck = ({ errors, warnings }: Validation): z.input<typeof agentCheckOut> => ({
  errors: errors.map(presentProblem),
  warnings: warnings.map(presentProblem),
});

export const presentVersion = (row: VersionListItem): z.input<typeof agentVersionOut> => ({
  version: row.version,
  note: row.note,
  percent: row.percent,
  is_trial: row.isTrial,
  created_by: row.createdBy,
  created_at: row.createdAt.toISOString(),
});

export const presentTraffic = (traffic: Traffic): z.input<typeof trafficOut> => ({
  live_version: traffic.liveVersion,
  live_percent: traffic.livePercent,
  split_version: traffic.splitVersion,
  split_percent: traffic.splitPercent,
});
