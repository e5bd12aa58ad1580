CREATE TABLE "packet_captures" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"phone_number_id" uuid NOT NULL,
	"call_id" uuid,
	"state" text DEFAULT 'asked' NOT NULL,
	"detail" text DEFAULT '' NOT NULL,
	"sip_call_id" text,
	"blob_key" text,
	"size_bytes" integer DEFAULT 0 NOT NULL,
	"settled_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "packet_captures_state" CHECK ("packet_captures"."state" in ('asked', 'starting', 'waiting', 'ready', 'failed')),
	CONSTRAINT "packet_captures_settled" CHECK (("packet_captures"."settled_at" is null) = ("packet_captures"."state" in ('asked', 'starting', 'waiting')))
);
--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "recorder_stays" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "packet_captures" ADD CONSTRAINT "packet_captures_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "packet_captures" ADD CONSTRAINT "packet_captures_phone_number_id_phone_numbers_id_fk" FOREIGN KEY ("phone_number_id") REFERENCES "public"."phone_numbers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "packet_captures" ADD CONSTRAINT "packet_captures_call_id_calls_id_fk" FOREIGN KEY ("call_id") REFERENCES "public"."calls"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "packet_captures_open" ON "packet_captures" USING btree ("phone_number_id") WHERE "packet_captures"."settled_at" is null;--> statement-breakpoint
CREATE INDEX "packet_captures_number" ON "packet_captures" USING btree ("phone_number_id","created_at");