CREATE TABLE "campaign_pulses" (
	"campaign_id" uuid PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"bottleneck" text NOT NULL,
	"pace" real NOT NULL,
	"callable" integer NOT NULL,
	"opens_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "campaigns" DROP CONSTRAINT "campaigns_limits";--> statement-breakpoint
ALTER TABLE "campaigns" ADD COLUMN "minute_price_micros" bigint;--> statement-breakpoint
ALTER TABLE "campaign_pulses" ADD CONSTRAINT "campaign_pulses_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "campaigns" ADD CONSTRAINT "campaigns_limits" CHECK ("campaigns"."max_concurrency" > 0 and "campaigns"."calls_per_second" > 0 and "campaigns"."budget_micros" >= 0 and "campaigns"."minute_price_micros" >= 0);