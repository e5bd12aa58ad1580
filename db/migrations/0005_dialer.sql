CREATE TABLE "attempts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	"number" smallint NOT NULL,
	"phone" text NOT NULL,
	"phone_number_id" uuid,
	"from_number" text NOT NULL,
	"trunk" text NOT NULL,
	"state" text DEFAULT 'reserved' NOT NULL,
	"dialed_at" timestamp (3) with time zone,
	"answered_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"outcome" text,
	"cost_micros" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "attempts_state" CHECK ("attempts"."state" in ('reserved', 'dialing', 'ended', 'withdrawn')),
	CONSTRAINT "attempts_dialed" CHECK ("attempts"."state" not in ('dialing', 'ended') or "attempts"."dialed_at" is not null),
	CONSTRAINT "attempts_withdrawn" CHECK ("attempts"."state" <> 'withdrawn' or "attempts"."dialed_at" is null),
	CONSTRAINT "attempts_number" CHECK ("attempts"."number" >= 1)
);
--> statement-breakpoint
CREATE TABLE "call_registries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"name" text NOT NULL,
	"country" text NOT NULL,
	"max_age_ms" bigint NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	"fetched_at" timestamp (3) with time zone,
	"entry_count" integer DEFAULT 0 NOT NULL,
	"next_version" integer DEFAULT 0 NOT NULL,
	"next_fetched_at" timestamp (3) with time zone,
	"upload" jsonb,
	"state" text DEFAULT 'empty' NOT NULL,
	"error" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "call_registries_state" CHECK ("call_registries"."state" in ('empty', 'importing', 'ready', 'failed')),
	CONSTRAINT "call_registries_age" CHECK ("call_registries"."max_age_ms" > 0)
);
--> statement-breakpoint
CREATE TABLE "call_registry_numbers" (
	"registry_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"phone" bigint NOT NULL,
	CONSTRAINT "call_registry_numbers_registry_id_version_phone_pk" PRIMARY KEY("registry_id","version","phone")
);
--> statement-breakpoint
CREATE TABLE "campaign_days" (
	"campaign_id" uuid NOT NULL,
	"day" date NOT NULL,
	"dialed" integer DEFAULT 0 NOT NULL,
	"answered" integer DEFAULT 0 NOT NULL,
	"live_answered" integer DEFAULT 0 NOT NULL,
	"abandoned" integer DEFAULT 0 NOT NULL,
	"busy" integer DEFAULT 0 NOT NULL,
	"no_answer" integer DEFAULT 0 NOT NULL,
	"voicemail" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"transferred" integer DEFAULT 0 NOT NULL,
	"opted_out" integer DEFAULT 0 NOT NULL,
	"talk_ms" bigint DEFAULT 0 NOT NULL,
	"cost_micros" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "campaign_days_campaign_id_day_pk" PRIMARY KEY("campaign_id","day")
);
--> statement-breakpoint
CREATE TABLE "campaign_numbers" (
	"campaign_id" uuid NOT NULL,
	"phone_number_id" uuid NOT NULL,
	CONSTRAINT "campaign_numbers_campaign_id_phone_number_id_pk" PRIMARY KEY("campaign_id","phone_number_id")
);
--> statement-breakpoint
CREATE TABLE "campaign_versions" (
	"campaign_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"rules" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "campaign_versions_campaign_id_version_pk" PRIMARY KEY("campaign_id","version")
);
--> statement-breakpoint
CREATE TABLE "campaigns" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"slug" text NOT NULL,
	"kind" text DEFAULT 'campaign' NOT NULL,
	"name" text NOT NULL,
	"agent_id" uuid NOT NULL,
	"status" text DEFAULT 'draft' NOT NULL,
	"status_reason" text DEFAULT '' NOT NULL,
	"live_calls" text DEFAULT 'finish' NOT NULL,
	"starts_at" timestamp (3) with time zone,
	"ends_at" timestamp (3) with time zone,
	"rules" jsonb NOT NULL,
	"retries" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"weight" integer DEFAULT 100 NOT NULL,
	"max_concurrency" integer,
	"calls_per_second" real,
	"local_presence" boolean DEFAULT false NOT NULL,
	"machine_policy" text DEFAULT 'agent' NOT NULL,
	"budget_micros" bigint,
	"currency" text DEFAULT 'USD' NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_by" uuid,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "campaigns_kind" CHECK ("campaigns"."kind" in ('campaign', 'batch')),
	CONSTRAINT "campaigns_status" CHECK ("campaigns"."status" in ('draft', 'scheduled', 'running', 'paused', 'stopped', 'finished', 'archived')),
	CONSTRAINT "campaigns_live_calls" CHECK ("campaigns"."live_calls" in ('finish', 'drop')),
	CONSTRAINT "campaigns_machine_policy" CHECK ("campaigns"."machine_policy" in ('agent', 'hang_up', 'leave_message', 'talk')),
	CONSTRAINT "campaigns_period" CHECK ("campaigns"."ends_at" > "campaigns"."starts_at"),
	CONSTRAINT "campaigns_weight" CHECK ("campaigns"."weight" between 1 and 10000),
	CONSTRAINT "campaigns_limits" CHECK ("campaigns"."max_concurrency" > 0 and "campaigns"."calls_per_second" > 0 and "campaigns"."budget_micros" >= 0)
);
--> statement-breakpoint
CREATE TABLE "contact_counts" (
	"campaign_id" uuid NOT NULL,
	"window_key" text NOT NULL,
	"state" text NOT NULL,
	"delta" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "contact_list_errors" (
	"list_id" uuid NOT NULL,
	"row" integer NOT NULL,
	"code" text NOT NULL,
	"reason" text NOT NULL,
	"cells" text[] NOT NULL,
	CONSTRAINT "contact_list_errors_list_id_row_pk" PRIMARY KEY("list_id","row")
);
--> statement-breakpoint
CREATE TABLE "contact_lists" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"name" text NOT NULL,
	"file_name" text NOT NULL,
	"state" text DEFAULT 'receiving' NOT NULL,
	"error" text,
	"parts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"received_bytes" bigint DEFAULT 0 NOT NULL,
	"encoding" text,
	"delimiter" text,
	"columns" text[] DEFAULT '{}' NOT NULL,
	"mapping" jsonb,
	"default_country" text,
	"duplicates_in_list" text DEFAULT 'skip' NOT NULL,
	"duplicates_across" text DEFAULT 'skip_campaign' NOT NULL,
	"run" integer DEFAULT 0 NOT NULL,
	"rows_done" integer DEFAULT 0 NOT NULL,
	"bytes_done" bigint DEFAULT 0 NOT NULL,
	"rows_imported" integer DEFAULT 0 NOT NULL,
	"rows_blocked" integer DEFAULT 0 NOT NULL,
	"rows_failed" integer DEFAULT 0 NOT NULL,
	"rows_duplicate" integer DEFAULT 0 NOT NULL,
	"created_by" uuid,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "contact_lists_state" CHECK ("contact_lists"."state" in ('receiving', 'broken', 'received', 'queued', 'importing', 'failed', 'done')),
	CONSTRAINT "contact_lists_in_list" CHECK ("contact_lists"."duplicates_in_list" in ('skip', 'keep')),
	CONSTRAINT "contact_lists_across" CHECK ("contact_lists"."duplicates_across" in ('keep', 'skip_campaign', 'skip_workspace'))
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"campaign_id" uuid NOT NULL,
	"list_id" uuid,
	"row" integer,
	"phone" text NOT NULL,
	"country" text,
	"given_zone" text,
	"given_state" text,
	"given_zip" text,
	"zones" text[] NOT NULL,
	"window_key" text NOT NULL,
	"variables" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"consent" text DEFAULT 'unknown' NOT NULL,
	"consent_evidence" text,
	"priority" smallint DEFAULT 5 NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"blocked_reason" text,
	"next_attempt_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"call_back_at" timestamp (3) with time zone,
	"reserved_at" timestamp (3) with time zone,
	"attempts" smallint DEFAULT 0 NOT NULL,
	"last_attempt_at" timestamp (3) with time zone,
	"last_outcome" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "contacts_state" CHECK ("contacts"."state" in ('waiting', 'reserved', 'dialing', 'done', 'exhausted', 'blocked', 'canceled')),
	CONSTRAINT "contacts_consent" CHECK ("contacts"."consent" in ('unknown', 'express', 'written', 'denied')),
	CONSTRAINT "contacts_priority" CHECK ("contacts"."priority" between 0 and 9),
	CONSTRAINT "contacts_blocked" CHECK (("contacts"."state" = 'blocked') = ("contacts"."blocked_reason" is not null)),
	CONSTRAINT "contacts_taken" CHECK (("contacts"."state" in ('reserved', 'dialing')) = ("contacts"."reserved_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "decisions" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"campaign_id" uuid,
	"contact_id" uuid,
	"attempt_id" uuid,
	"phone" text NOT NULL,
	"stage" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"allowed" boolean NOT NULL,
	"reason" text NOT NULL,
	"rules_version" text NOT NULL,
	"campaign_version" integer,
	"zones" text[] NOT NULL,
	"facts" jsonb NOT NULL,
	CONSTRAINT "decisions_stage" CHECK ("decisions"."stage" in ('import', 'queue', 'invite', 'list')),
	CONSTRAINT "decisions_reason" CHECK ("decisions"."stage" = 'list' or "decisions"."allowed" = ("decisions"."reason" = 'allowed'))
);
--> statement-breakpoint
CREATE TABLE "do_not_call" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"campaign_id" uuid,
	"phone" text NOT NULL,
	"source" text NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"call_id" uuid,
	"added_by" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"lifted_at" timestamp (3) with time zone,
	"lifted_by" text,
	CONSTRAINT "do_not_call_source" CHECK ("do_not_call"."source" in ('opt_out', 'manual', 'import')),
	CONSTRAINT "do_not_call_phone" CHECK ("do_not_call"."phone" ~ '^[+][1-9][0-9]{1,14}$')
);
--> statement-breakpoint
CREATE TABLE "trunk_limits" (
	"workspace_id" uuid NOT NULL,
	"trunk" text NOT NULL,
	"calls_per_second" real,
	"max_channels" integer,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "trunk_limits_workspace_id_trunk_pk" PRIMARY KEY("workspace_id","trunk"),
	CONSTRAINT "trunk_limits_positive" CHECK ("trunk_limits"."calls_per_second" > 0 and "trunk_limits"."max_channels" > 0)
);
--> statement-breakpoint
ALTER TABLE "calls" RENAME COLUMN "batch_id" TO "campaign_id";--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "max_campaign_calls" integer;--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_phone_number_id_phone_numbers_id_fk" FOREIGN KEY ("phone_number_id") REFERENCES "public"."phone_numbers"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_registries" ADD CONSTRAINT "call_registries_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "campaign_days" ADD CONSTRAINT "campaign_days_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "campaign_numbers" ADD CONSTRAINT "campaign_numbers_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "campaign_numbers" ADD CONSTRAINT "campaign_numbers_phone_number_id_phone_numbers_id_fk" FOREIGN KEY ("phone_number_id") REFERENCES "public"."phone_numbers"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "campaigns" ADD CONSTRAINT "campaigns_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "campaigns" ADD CONSTRAINT "campaigns_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "campaigns" ADD CONSTRAINT "campaigns_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact_list_errors" ADD CONSTRAINT "contact_list_errors_list_id_contact_lists_id_fk" FOREIGN KEY ("list_id") REFERENCES "public"."contact_lists"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact_lists" ADD CONSTRAINT "contact_lists_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact_lists" ADD CONSTRAINT "contact_lists_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact_lists" ADD CONSTRAINT "contact_lists_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "do_not_call" ADD CONSTRAINT "do_not_call_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "do_not_call" ADD CONSTRAINT "do_not_call_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "trunk_limits" ADD CONSTRAINT "trunk_limits_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "attempts_number" ON "attempts" USING btree ("contact_id","number");--> statement-breakpoint
CREATE INDEX "attempts_campaign" ON "attempts" USING btree ("campaign_id","created_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "attempts_dialed" ON "attempts" USING btree ("workspace_id","phone","dialed_at") WHERE "attempts"."dialed_at" is not null;--> statement-breakpoint
CREATE INDEX "attempts_open" ON "attempts" USING btree ("updated_at") WHERE "attempts"."state" in ('reserved', 'dialing');--> statement-breakpoint
CREATE UNIQUE INDEX "call_registries_name" ON "call_registries" USING btree ("workspace_id",lower("name"));--> statement-breakpoint
CREATE INDEX "campaign_numbers_number" ON "campaign_numbers" USING btree ("phone_number_id");--> statement-breakpoint
CREATE UNIQUE INDEX "campaigns_slug" ON "campaigns" USING btree ("slug");--> statement-breakpoint
CREATE INDEX "campaigns_workspace" ON "campaigns" USING btree ("workspace_id","created_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "campaigns_agent" ON "campaigns" USING btree ("agent_id");--> statement-breakpoint
CREATE INDEX "campaigns_live" ON "campaigns" USING btree ("status") WHERE "campaigns"."status" in ('scheduled', 'running', 'paused');--> statement-breakpoint
CREATE INDEX "contact_counts_campaign" ON "contact_counts" USING btree ("campaign_id");--> statement-breakpoint
CREATE INDEX "contact_lists_campaign" ON "contact_lists" USING btree ("campaign_id","created_at");--> statement-breakpoint
CREATE INDEX "contact_lists_unfinished" ON "contact_lists" USING btree ("updated_at") WHERE "contact_lists"."state" in ('receiving', 'queued', 'importing');--> statement-breakpoint
CREATE INDEX "contacts_due" ON "contacts" USING btree ("campaign_id","window_key","priority","next_attempt_at") WHERE "contacts"."state" = 'waiting';--> statement-breakpoint
CREATE INDEX "contacts_phone" ON "contacts" USING btree ("workspace_id","phone");--> statement-breakpoint
CREATE INDEX "contacts_taken" ON "contacts" USING btree ("reserved_at") WHERE "contacts"."state" in ('reserved', 'dialing');--> statement-breakpoint
CREATE INDEX "decisions_at" ON "decisions" USING brin ("at");--> statement-breakpoint
CREATE INDEX "decisions_contact" ON "decisions" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "decisions_phone" ON "decisions" USING btree ("workspace_id","phone","id") WHERE "decisions"."stage" = 'list' or ("decisions"."stage" = 'invite' and "decisions"."allowed");--> statement-breakpoint
CREATE UNIQUE INDEX "do_not_call_entry" ON "do_not_call" USING btree ("workspace_id","phone",coalesce("campaign_id", '00000000-0000-0000-0000-000000000000')) WHERE "do_not_call"."lifted_at" is null;--> statement-breakpoint
CREATE INDEX "do_not_call_campaign" ON "do_not_call" USING btree ("campaign_id");--> statement-breakpoint
ALTER TABLE "calls" ADD CONSTRAINT "calls_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "calls_campaign" ON "calls" USING btree ("campaign_id","created_at") WHERE "calls"."campaign_id" is not null;