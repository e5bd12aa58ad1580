ALTER TABLE "callbacks" ADD COLUMN "status_reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "not_before" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "placed_call_id" uuid;--> statement-breakpoint
ALTER TABLE "callbacks" ADD CONSTRAINT "callbacks_placed_call_id_calls_id_fk" FOREIGN KEY ("placed_call_id") REFERENCES "public"."calls"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "callbacks_placed" ON "callbacks" USING btree ("placed_call_id");