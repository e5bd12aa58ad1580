CREATE TABLE "call_commands" (
	"call_id" uuid NOT NULL,
	"id" text NOT NULL,
	"workspace_id" uuid NOT NULL,
	"command" jsonb NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"detail" text DEFAULT '' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"settled_at" timestamp (3) with time zone,
	CONSTRAINT "call_commands_call_id_id_pk" PRIMARY KEY("call_id","id"),
	CONSTRAINT "call_commands_status" CHECK ("call_commands"."status" in ('pending', 'applied', 'refused')),
	CONSTRAINT "call_commands_settled" CHECK (("call_commands"."status" = 'pending') = ("call_commands"."settled_at" is null))
);
--> statement-breakpoint
CREATE TABLE "call_transfers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"call_id" uuid NOT NULL,
	"epoch" integer NOT NULL,
	"request_key" text NOT NULL,
	"mode" text NOT NULL,
	"status" text DEFAULT 'calling' NOT NULL,
	"target_name" text NOT NULL,
	"to_number" text NOT NULL,
	"detail" text DEFAULT '' NOT NULL,
	"sip_status" integer,
	"dialed_at" timestamp (3) with time zone,
	"answered_at" timestamp (3) with time zone,
	"settled_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "call_transfers_mode" CHECK ("call_transfers"."mode" in ('warm', 'bridge', 'conference')),
	CONSTRAINT "call_transfers_status" CHECK ("call_transfers"."status" in ('calling', 'briefing', 'accepted', 'joined', 'declined', 'no_answer', 'busy', 'voicemail', 'failed', 'cancelled')),
	CONSTRAINT "call_transfers_settled" CHECK (("call_transfers"."settled_at" is null) = ("call_transfers"."status" in ('calling', 'briefing', 'accepted')))
);
--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "current_version_id" uuid;--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "bridged_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "call_commands" ADD CONSTRAINT "call_commands_call_id_calls_id_fk" FOREIGN KEY ("call_id") REFERENCES "public"."calls"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_commands" ADD CONSTRAINT "call_commands_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_transfers" ADD CONSTRAINT "call_transfers_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_transfers" ADD CONSTRAINT "call_transfers_call_id_calls_id_fk" FOREIGN KEY ("call_id") REFERENCES "public"."calls"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "call_transfers_request" ON "call_transfers" USING btree ("call_id","request_key");--> statement-breakpoint
CREATE UNIQUE INDEX "call_transfers_open" ON "call_transfers" USING btree ("call_id") WHERE "call_transfers"."settled_at" is null;--> statement-breakpoint
CREATE INDEX "call_transfers_workspace" ON "call_transfers" USING btree ("workspace_id","created_at" DESC NULLS FIRST);--> statement-breakpoint
ALTER TABLE "calls" ADD CONSTRAINT "calls_current_version_id_agent_versions_id_fk" FOREIGN KEY ("current_version_id") REFERENCES "public"."agent_versions"("id") ON DELETE no action ON UPDATE no action;