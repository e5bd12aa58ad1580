CREATE TABLE "recording_pieces" (
	"recording_id" uuid NOT NULL,
	"epoch" integer NOT NULL,
	"seq" integer NOT NULL,
	"stretch_started_at" timestamp (3) with time zone NOT NULL,
	"offset_samples" bigint NOT NULL,
	"samples" integer NOT NULL,
	"size_bytes" integer NOT NULL,
	"blob_key" text NOT NULL,
	"is_last" boolean DEFAULT false NOT NULL,
	CONSTRAINT "recording_pieces_recording_id_epoch_seq_pk" PRIMARY KEY("recording_id","epoch","seq"),
	CONSTRAINT "recording_pieces_numbers" CHECK ("recording_pieces"."epoch" >= 1 and "recording_pieces"."seq" >= 1 and "recording_pieces"."samples" >= 0)
);
--> statement-breakpoint
CREATE TABLE "recordings" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"call_id" uuid NOT NULL,
	"state" text DEFAULT 'recording' NOT NULL,
	"layout" text DEFAULT 'caller_agent' NOT NULL,
	"sample_rate" integer NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"duration_ms" integer DEFAULT 0 NOT NULL,
	"size_bytes" bigint DEFAULT 0 NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "recordings_state" CHECK ("recordings"."state" in ('recording', 'complete')),
	CONSTRAINT "recordings_rate" CHECK ("recordings"."sample_rate" between 8000 and 48000)
);
--> statement-breakpoint
CREATE TABLE "turn_latencies" (
	"call_id" uuid NOT NULL,
	"epoch" integer NOT NULL,
	"seq" integer NOT NULL,
	"workspace_id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"phone_number_id" uuid,
	"stt_provider" text NOT NULL,
	"llm_provider" text NOT NULL,
	"tts_provider" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"total_ms" integer,
	"transcription_ms" integer,
	"end_of_turn_ms" integer,
	"llm_first_token_ms" integer,
	"tts_first_byte_ms" integer,
	CONSTRAINT "turn_latencies_call_id_epoch_seq_pk" PRIMARY KEY("call_id","epoch","seq")
);
--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "recording_retention_days" integer;--> statement-breakpoint
ALTER TABLE "recording_pieces" ADD CONSTRAINT "recording_pieces_recording_id_recordings_id_fk" FOREIGN KEY ("recording_id") REFERENCES "public"."recordings"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_call_id_calls_id_fk" FOREIGN KEY ("call_id") REFERENCES "public"."calls"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "turn_latencies" ADD CONSTRAINT "turn_latencies_call_id_calls_id_fk" FOREIGN KEY ("call_id") REFERENCES "public"."calls"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "recordings_call" ON "recordings" USING btree ("call_id");--> statement-breakpoint
CREATE INDEX "recordings_workspace" ON "recordings" USING btree ("workspace_id","started_at");--> statement-breakpoint
CREATE INDEX "recordings_expiry" ON "recordings" USING btree ("expires_at") WHERE "recordings"."expires_at" is not null;--> statement-breakpoint
CREATE INDEX "turn_latencies_time" ON "turn_latencies" USING btree ("workspace_id","at");--> statement-breakpoint
CREATE INDEX "turn_latencies_agent" ON "turn_latencies" USING btree ("workspace_id","agent_id","at");--> statement-breakpoint
CREATE INDEX "turn_latencies_worst" ON "turn_latencies" USING btree ("workspace_id","total_ms" DESC NULLS LAST) WHERE "turn_latencies"."total_ms" is not null;--> statement-breakpoint
-- Turns of calls that were recorded before this table was there.
INSERT INTO "turn_latencies" ("call_id", "epoch", "seq", "workspace_id", "agent_id", "phone_number_id", "stt_provider", "llm_provider", "tts_provider", "at", "total_ms", "transcription_ms", "end_of_turn_ms", "llm_first_token_ms", "tts_first_byte_ms")
SELECT e.call_id, e.epoch, e.seq, c.workspace_id, c.agent_id, c.phone_number_id,
  coalesce(v.definition->'stt'->>'provider', 'deepgram'), coalesce(v.definition->'llm'->>'provider', 'openai'), coalesce(v.definition->'tts'->>'provider', 'elevenlabs'),
  e.at,
  round((e.data->'latency'->>'totalMs')::numeric), round((e.data->'latency'->>'transcriptionMs')::numeric), round((e.data->'latency'->>'endOfTurnMs')::numeric),
  round((e.data->'latency'->>'llmFirstTokenMs')::numeric), round((e.data->'latency'->>'ttsFirstByteMs')::numeric)
FROM "call_events" e JOIN "calls" c ON c.id = e.call_id JOIN "agent_versions" v ON v.id = c.agent_version_id
WHERE e.type = 'agent.turn' AND jsonb_typeof(e.data->'latency') = 'object';
