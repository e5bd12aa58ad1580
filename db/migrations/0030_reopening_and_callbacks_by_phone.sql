ALTER TABLE "campaigns" ADD COLUMN "reopening" jsonb;--> statement-breakpoint
CREATE INDEX "callbacks_phone" ON "callbacks" USING btree ("workspace_id","phone_number");--> statement-breakpoint
CREATE INDEX "contacts_blocked" ON "contacts" USING btree ("campaign_id","blocked_reason","id") WHERE "contacts"."state" = 'blocked';