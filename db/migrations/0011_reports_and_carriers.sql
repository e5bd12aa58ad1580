CREATE TABLE "call_rollups" (
	"workspace_id" uuid NOT NULL,
	"dimension" text NOT NULL,
	"key" text NOT NULL,
	"grain_minutes" integer NOT NULL,
	"bucket_at" timestamp (3) with time zone NOT NULL,
	"channel" text NOT NULL,
	"direction" text NOT NULL,
	"disposition" text NOT NULL,
	"calls" integer NOT NULL,
	"answered" integer NOT NULL,
	"duration_ms" bigint NOT NULL,
	"turns" bigint NOT NULL,
	"spoken" integer NOT NULL,
	"first_word_ms" bigint NOT NULL,
	CONSTRAINT "call_rollups_key" PRIMARY KEY("workspace_id","dimension","grain_minutes","key","bucket_at","channel","direction","disposition"),
	CONSTRAINT "call_rollups_dimension" CHECK ("call_rollups"."dimension" in ('all', 'agent', 'number', 'campaign')),
	CONSTRAINT "call_rollups_grain" CHECK ("call_rollups"."grain_minutes" in (15, 1440))
);
--> statement-breakpoint
CREATE TABLE "carrier_accounts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"carrier" text NOT NULL,
	"sealed" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "carrier_accounts_name" CHECK ("carrier_accounts"."carrier" in ('twilio', 'telnyx', 'vonage'))
);
--> statement-breakpoint
ALTER TABLE "phone_numbers" ADD COLUMN "carrier" text;--> statement-breakpoint
ALTER TABLE "phone_numbers" ADD COLUMN "carrier_number_id" text;--> statement-breakpoint
ALTER TABLE "phone_numbers" ADD COLUMN "order_state" text;--> statement-breakpoint
ALTER TABLE "phone_numbers" ADD COLUMN "tested_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "phone_numbers" ADD COLUMN "test_outcome" text;--> statement-breakpoint
ALTER TABLE "phone_numbers" ADD COLUMN "test_detail" text;--> statement-breakpoint
ALTER TABLE "call_rollups" ADD CONSTRAINT "call_rollups_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "carrier_accounts" ADD CONSTRAINT "carrier_accounts_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "carrier_accounts_carrier" ON "carrier_accounts" USING btree ("workspace_id","carrier");--> statement-breakpoint
CREATE INDEX "calls_disposition" ON "calls" USING btree ("workspace_id","disposition","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
ALTER TABLE "phone_numbers" ADD CONSTRAINT "phone_numbers_order" CHECK (("phone_numbers"."order_state" is null) = ("phone_numbers"."carrier" is null));--> statement-breakpoint
-- The calls there are already, as core/reports/rollups.ts adds them.
INSERT INTO "call_rollups" ("workspace_id", "dimension", "key", "grain_minutes", "bucket_at", "channel", "direction", "disposition", "calls", "answered", "duration_ms", "turns", "spoken", "first_word_ms")
SELECT "workspace_id", "dimension", "key", "minutes", date_bin(make_interval(mins => "minutes"), "created_at", timestamptz '2000-01-01 00:00:00+00'), "channel", "direction", "disposition",
  count(*), count("answered_at"), sum(coalesce("duration_ms", 0)), sum("turn_count"),
  count(*) FILTER (WHERE "answered_at" IS NOT NULL AND "first_word_at" IS NOT NULL),
  coalesce(sum(greatest(0, extract(epoch from "first_word_at" - "answered_at") * 1000)), 0)
FROM "calls"
CROSS JOIN LATERAL (VALUES ('all', ''), ('agent', "agent_id"::text),
  ('number', CASE WHEN "channel" <> 'phone' THEN NULL WHEN "direction" = 'inbound' THEN "to_number" ELSE "from_number" END),
  ('campaign', "campaign_id"::text)) AS "of" ("dimension", "key")
CROSS JOIN (VALUES (15), (1440)) AS "grain" ("minutes")
WHERE "finalized_at" IS NOT NULL AND "key" IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
