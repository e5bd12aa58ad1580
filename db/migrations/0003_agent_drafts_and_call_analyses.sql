CREATE TABLE "agent_drafts" (
	"agent_id" uuid PRIMARY KEY NOT NULL,
	"definition" jsonb NOT NULL,
	"base_version" integer NOT NULL,
	"updated_by" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "call_analyses" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"call_id" uuid NOT NULL,
	"run" integer NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"analyzed_by" text,
	"problem" text,
	"summary" text,
	"structured" jsonb,
	"structured_problem" text,
	"disposition" text,
	"disposition_by" text,
	"success" boolean,
	"success_reason" text,
	"sentiment" text,
	"action_items" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"prompt_tokens" integer,
	"completion_tokens" integer,
	"took_ms" integer,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "call_analyses_status" CHECK ("call_analyses"."status" in ('pending', 'done')),
	CONSTRAINT "call_analyses_done" CHECK ("call_analyses"."status" = 'pending' or ("call_analyses"."analyzed_by" is not null and "call_analyses"."finished_at" is not null)),
	CONSTRAINT "call_analyses_sentiment" CHECK ("call_analyses"."sentiment" in ('positive', 'neutral', 'negative', 'mixed'))
);
--> statement-breakpoint
ALTER TABLE "agent_versions" ADD COLUMN "note" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "split_version_id" uuid;--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "split_percent" integer;--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "missing_variables" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "agent_drafts" ADD CONSTRAINT "agent_drafts_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agent_drafts" ADD CONSTRAINT "agent_drafts_updated_by_users_id_fk" FOREIGN KEY ("updated_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_analyses" ADD CONSTRAINT "call_analyses_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_analyses" ADD CONSTRAINT "call_analyses_call_id_calls_id_fk" FOREIGN KEY ("call_id") REFERENCES "public"."calls"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "call_analyses_run" ON "call_analyses" USING btree ("call_id","run");--> statement-breakpoint
CREATE INDEX "call_analyses_workspace" ON "call_analyses" USING btree ("workspace_id","created_at" DESC NULLS FIRST);--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_split" CHECK (("agents"."split_version_id" is null) = ("agents"."split_percent" is null) and ("agents"."split_percent" is null or "agents"."split_percent" between 1 and 99));--> statement-breakpoint
-- Both tables name each other, as for the live version: whichever is written first waits for the commit.
ALTER TABLE "agents" ADD CONSTRAINT "agents_split_version_id_fk"
  FOREIGN KEY ("split_version_id") REFERENCES "agent_versions"("id") DEFERRABLE INITIALLY DEFERRED;
