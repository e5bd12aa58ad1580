-- The dialer looks for who is due by window key and priority; the counts say which of them there are.
LOCK TABLE "contacts" IN SHARE MODE;--> statement-breakpoint
ALTER TABLE "contact_counts" ADD COLUMN "priority" smallint;--> statement-breakpoint
CREATE OR REPLACE FUNCTION "contacts_added"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO contact_counts (campaign_id, window_key, priority, state, delta)
  SELECT campaign_id, window_key, priority, state, count(*) FROM added GROUP BY 1, 2, 3, 4;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "contacts_removed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO contact_counts (campaign_id, window_key, priority, state, delta)
  SELECT campaign_id, window_key, priority, state, -count(*) FROM removed GROUP BY 1, 2, 3, 4;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "contacts_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO contact_counts (campaign_id, window_key, priority, state, delta)
  SELECT campaign_id, window_key, priority, state, sum(delta) FROM (
    SELECT campaign_id, window_key, priority, state, 1 AS delta FROM added
    UNION ALL
    SELECT campaign_id, window_key, priority, state, -1 FROM removed
  ) AS changed GROUP BY 1, 2, 3, 4 HAVING sum(delta) <> 0;
  RETURN NULL;
END
$$;
--> statement-breakpoint
DELETE FROM "contact_counts";--> statement-breakpoint
INSERT INTO "contact_counts" (campaign_id, window_key, priority, state, delta)
SELECT campaign_id, window_key, priority, state, count(*) FROM "contacts" GROUP BY 1, 2, 3, 4;--> statement-breakpoint
ALTER TABLE "contact_counts" ALTER COLUMN "priority" SET NOT NULL;
