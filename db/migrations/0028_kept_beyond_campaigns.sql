ALTER TABLE "attempts" DROP CONSTRAINT "attempts_campaign_id_campaigns_id_fk";
--> statement-breakpoint
ALTER TABLE "calls" DROP CONSTRAINT "calls_campaign_id_campaigns_id_fk";
