ALTER TABLE "call_registries" ADD COLUMN "next_upload" text;--> statement-breakpoint
ALTER TABLE "call_registries" ADD COLUMN "next_fetched_at" timestamp (3) with time zone;