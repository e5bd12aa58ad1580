import type { Task } from '../define.ts';
import { analyzeCallJob } from './analyze-call.ts';
import { capturePacketsJob } from './capture-packets.ts';
import { dialCallJob } from './dial-call.ts';
import { dialTransferJob } from './dial-transfer.ts';
import { endCallJob } from './end-call.ts';
import { endTransferJob } from './end-transfer.ts';
import { expireRecordingsSweep } from './expire-recordings.ts';
import { expireTokensSweep } from './expire-tokens.ts';
import { finalizeCallJob } from './finalize-call.ts';
import { healCampaignsSweep } from './heal-campaigns.ts';
import { healKnowledgeSweep } from './heal-knowledge.ts';
import { healListsSweep } from './heal-lists.ts';
import { healNumbersSweep } from './heal-numbers.ts';
import { importContactsJob } from './import-contacts.ts';
import { importRegistryJob } from './import-registry.ts';
import { indexKnowledgeJob } from './index-knowledge.ts';
import { placeCallbacksSweep } from './place-callbacks.ts';
import { purgeOutboxSweep } from './purge-outbox.ts';
import { reconcileCallsSweep } from './reconcile-calls.ts';
import { recordCallEvents } from './record-call-events.ts';
import { releaseNumberJob } from './release-number.ts';
import { removeBlobsJob } from './remove-blobs.ts';
import { removeNumberJob } from './remove-number.ts';
import { reopenContactsJob } from './reopen-contacts.ts';
import { rescueCallJob } from './rescue-call.ts';
import { seatCallersSweep } from './seat-callers.ts';
import { sendEmailJob } from './send-email.ts';
import { sendTextMessageJob } from './send-text-message.ts';
import { syncNumberJob } from './sync-number.ts';
import { testTrunkJob } from './test-trunk.ts';

export const tasks: readonly Task[] = [
  recordCallEvents,
  dialCallJob,
  dialTransferJob,
  endTransferJob,
  rescueCallJob,
  finalizeCallJob,
  analyzeCallJob,
  endCallJob,
  capturePacketsJob,
  syncNumberJob,
  testTrunkJob,
  removeNumberJob,
  releaseNumberJob,
  seatCallersSweep,
  reconcileCallsSweep,
  healCampaignsSweep,
  placeCallbacksSweep,
  purgeOutboxSweep,
  healNumbersSweep,
  expireRecordingsSweep,
  expireTokensSweep,
  sendEmailJob,
  sendTextMessageJob,
  indexKnowledgeJob,
  importContactsJob,
  importRegistryJob,
  reopenContactsJob,
  healListsSweep,
  removeBlobsJob,
  healKnowledgeSweep,
];
