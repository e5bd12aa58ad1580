import { z } from 'zod';
import {
  getCallSummary,
  getDashboard,
  getDispositionSummary,
  getLatency,
  getWorkload,
} from '../../../../core/reports/index.ts';
import { route } from '../../../http/route.ts';
import { presentLatencyReport } from '../presenters/latency.ts';
import { presentCallSummary, presentDashboard, presentDispositionSummary } from '../presenters/report.ts';
import { presentWorkload } from '../presenters/workload.ts';
import { latencyFilters, latencyOut } from '../schemas/latency.ts';
import {
  callSummaryFilters,
  callSummaryOut,
  dashboardFilters,
  dashboardOut,
  dispositionSummaryFilters,
  dispositionSummaryOut,
  filterOf,
  reportWireNames,
} from '../schemas/report.ts';

const workload = route({
  method: 'get',
  path: '/reports/workload',
  operationId: 'getWorkload',
  summary: 'Workload and free capacity, in Prometheus text',
  auth: 'public',
  status: 200,
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  returns: z.string(),
  handle: async ({ ctx }) => presentWorkload(await getWorkload(ctx, {})),
});

const latency = route({
  method: 'get',
  path: '/reports/latency',
  operationId: 'getLatencyReport',
  summary: 'How long callers wait for a reply, where the time goes, and the slowest turns',
  description:
    'Over the turns of the last seven days unless told otherwise. Providers as they stand with the turn; `group_by` compares agents, numbers, trunks (numbers with the same SIP address and user) or providers of one stage.',
  auth: 'member',
  status: 200,
  query: latencyFilters,
  returns: latencyOut,
  wireNames: { endAt: 'end_datetime' },
  handle: async ({ ctx, query }) =>
    presentLatencyReport(
      await getLatency(ctx, {
        startAt: query.start_datetime,
        endAt: query.end_datetime,
        agentId: query.agent_id,
        phoneNumber: query.phone_number,
        sttProvider: query.STT_provider,
        llmProvider: query.LLM_provider,
        ttsProvider: query.TTS_provider,
        groupBy: query.group_by,
        worst: query.worst,
      }),
    ),
});

const about =
  'Over finished calls by the moment they were made; the last thirty days unless told otherwise. Dates, and times without an offset, are those of `timezone`.';

const dashboard = route({
  method: 'get',
  path: '/reports/dashboard',
  operationId: 'getDashboard',
  summary:
    'One look at the workspace: totals, their change, the course of time, who and what, what goes on now',
  description: about,
  auth: 'member',
  status: 200,
  query: dashboardFilters,
  returns: dashboardOut,
  wireNames: reportWireNames,
  handle: async ({ ctx, query }) =>
    presentDashboard(await getDashboard(ctx, { ...filterOf(query), groupBy: query.group_by })),
});

const callSummary = route({
  method: 'get',
  path: '/reports/call-summary',
  operationId: 'getCallSummary',
  summary: 'Calls by time, agent, number or disposition, compared with the period before',
  description: about,
  auth: 'member',
  status: 200,
  query: callSummaryFilters,
  returns: callSummaryOut,
  wireNames: reportWireNames,
  handle: async ({ ctx, query }) => {
    const { page, page_size: pageSize, group_by: groupBy } = query;
    return presentCallSummary(
      await getCallSummary(ctx, { ...filterOf(query), groupBy, page, pageSize }),
      query,
    );
  },
});

const dispositionSummary = route({
  method: 'get',
  path: '/reports/disposition-summary',
  operationId: 'getDispositionSummary',
  summary: 'How calls went, compared with the period before; by time, agent or number with `group_by`',
  description: about,
  auth: 'member',
  status: 200,
  query: dispositionSummaryFilters,
  returns: dispositionSummaryOut,
  wireNames: reportWireNames,
  handle: async ({ ctx, query }) => {
    const { page, page_size: pageSize, group_by: groupBy } = query;
    return presentDispositionSummary(
      await getDispositionSummary(ctx, { ...filterOf(query), groupBy, page, pageSize }),
      query,
    );
  },
});

export const reportRoutes = [workload, latency, dashboard, callSummary, dispositionSummary];
