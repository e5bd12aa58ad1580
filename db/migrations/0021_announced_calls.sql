CREATE TABLE "announced_calls" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"phone_number_id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"agent_version_id" uuid NOT NULL,
	"dial_as" text NOT NULL,
	"caller_number" text,
	"variables" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "announced_calls_dial_as_form" CHECK ("announced_calls"."dial_as" ~ '^[+]999[0-9]{12}$')
);
--> statement-breakpoint
ALTER TABLE "announced_calls" ADD CONSTRAINT "announced_calls_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "announced_calls" ADD CONSTRAINT "announced_calls_phone_number_id_phone_numbers_id_fk" FOREIGN KEY ("phone_number_id") REFERENCES "public"."phone_numbers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "announced_calls" ADD CONSTRAINT "announced_calls_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "announced_calls" ADD CONSTRAINT "announced_calls_agent_version_id_agent_versions_id_fk" FOREIGN KEY ("agent_version_id") REFERENCES "public"."agent_versions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "announced_calls_dial_as" ON "announced_calls" USING btree ("dial_as");--> statement-breakpoint
CREATE INDEX "announced_calls_workspace" ON "announced_calls" USING btree ("workspace_id","expires_at");--> statement-breakpoint
CREATE INDEX "announced_calls_number" ON "announced_calls" USING btree ("phone_number_id");