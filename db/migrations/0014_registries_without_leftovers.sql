ALTER TABLE "call_registries" DROP COLUMN "next_fetched_at";--> statement-breakpoint
ALTER TABLE "call_registries" DROP COLUMN "upload";