ALTER TABLE "contacts" DROP CONSTRAINT "contacts_blocked";--> statement-breakpoint
ALTER TABLE "contacts" DROP CONSTRAINT "contacts_taken";--> statement-breakpoint
ALTER TABLE "contacts" DROP CONSTRAINT "contacts_state";--> statement-breakpoint
ALTER TABLE "contacts" DROP CONSTRAINT "contacts_campaign_id_campaigns_id_fk";
--> statement-breakpoint
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_state" CHECK (case when "contacts"."state" in ('waiting', 'done', 'exhausted', 'canceled') then "contacts"."blocked_reason" is null and "contacts"."reserved_at" is null
        when "contacts"."state" in ('reserved', 'dialing') then "contacts"."blocked_reason" is null and "contacts"."reserved_at" is not null
        when "contacts"."state" = 'blocked' then "contacts"."blocked_reason" is not null and "contacts"."reserved_at" is null
        else false end);--> statement-breakpoint
-- In the place of the foreign key: the contacts of a campaign go with it.
CREATE FUNCTION "campaigns_deleted"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM contacts WHERE campaign_id IN (SELECT id FROM deleted);
  DELETE FROM contact_counts WHERE campaign_id IN (SELECT id FROM deleted);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "campaigns_deleted" AFTER DELETE ON "campaigns" REFERENCING OLD TABLE AS deleted
  FOR EACH STATEMENT EXECUTE FUNCTION "campaigns_deleted"();
