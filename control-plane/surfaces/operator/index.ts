import { surface } from '../../http/surface.ts';
import { authenticate } from './authenticate.ts';
import type { OperatorDeps } from './deps.ts';
import { errorSchema, renderError } from './errors.ts';
import { agentDraftRoutes } from './routes/agent-drafts.ts';
import { agentVersionRoutes } from './routes/agent-versions.ts';
import { agentRoutes } from './routes/agents.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { authRoutes } from './routes/auth.ts';
import { batchRoutes } from './routes/batch.ts';
import { beginCallRoutes } from './routes/begin-call.ts';
import { callRegistryRoutes } from './routes/call-registries.ts';
import { callRoutes } from './routes/calls.ts';
import { captureRoutes } from './routes/captures.ts';
import { carrierRoutes } from './routes/carriers.ts';
import { chatRoutes } from './routes/chats.ts';
import { controlRoutes } from './routes/control.ts';
import { credentialRoutes } from './routes/credentials.ts';
import { doNotCallRoutes } from './routes/do-not-call.ts';
import { endCallRoutes } from './routes/end-call.ts';
import { healthRoutes } from './routes/health.ts';
import { knowledgeRoutes } from './routes/knowledge.ts';
import { liveRoutes } from './routes/live.ts';
import { mailedLinkRoutes } from './routes/mailed-links.ts';
import { memberRoutes } from './routes/members.ts';
import { numberRoutes } from './routes/numbers.ts';
import { promiseRoutes } from './routes/promises.ts';
import { recordingRoutes } from './routes/recordings.ts';
import { reportRoutes } from './routes/reports.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { talkRoutes } from './routes/talk.ts';
import { trunkRoutes } from './routes/trunks.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { workspaceRoutes } from './routes/workspaces.ts';

/** The native API. It owns the root, so it answers for every address that no other surface has. */
export const operatorSurface = (deps: OperatorDeps) =>
  surface({
    name: 'operator',
    description: 'The native API: accounts, agents, numbers, calls, reports.',
    prefixes: ['/'],
    security: ['accessCookie', 'bearer', 'apiKey'],
    errorSchema,
    renderError,
    authenticate,
    routes: [
      ...authRoutes,
      ...mailedLinkRoutes,
      ...sessionRoutes,
      ...workspaceRoutes,
      ...memberRoutes,
      ...apiKeyRoutes,
      ...agentRoutes,
      ...credentialRoutes,
      ...knowledgeRoutes,
      ...agentDraftRoutes,
      ...agentVersionRoutes,
      ...numberRoutes,
      ...captureRoutes,
      ...carrierRoutes,
      ...trunkRoutes,
      ...beginCallRoutes,
      ...callRoutes,
      ...endCallRoutes,
      ...batchRoutes,
      ...uploadRoutes,
      ...doNotCallRoutes,
      ...callRegistryRoutes,
      ...controlRoutes,
      ...chatRoutes(deps),
      ...promiseRoutes,
      ...liveRoutes(deps),
      ...recordingRoutes,
      ...reportRoutes,
      ...healthRoutes(deps),
      ...talkRoutes,
    ],
  });
