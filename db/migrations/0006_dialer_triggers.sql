-- What drizzle's schema cannot say.

-- The ledger is append-only. Rows older than the five years that the law asks for may go.
CREATE FUNCTION "decisions_keep"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.at < now() - interval '5 years' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'decisions is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER "decisions_keep" BEFORE UPDATE OR DELETE ON "decisions" FOR EACH ROW EXECUTE FUNCTION "decisions_keep"();
--> statement-breakpoint
CREATE TRIGGER "decisions_keep_all" BEFORE TRUNCATE ON "decisions" FOR EACH STATEMENT EXECUTE FUNCTION "decisions_keep"();
--> statement-breakpoint
-- A statement that changes contacts adds what it changed to contact_counts. Rows are only ever added here, so two
-- transactions never wait for each other.
CREATE FUNCTION "contacts_added"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO contact_counts (campaign_id, window_key, state, delta)
  SELECT campaign_id, window_key, state, count(*) FROM added GROUP BY 1, 2, 3;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "contacts_removed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO contact_counts (campaign_id, window_key, state, delta)
  SELECT campaign_id, window_key, state, -count(*) FROM removed GROUP BY 1, 2, 3;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "contacts_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO contact_counts (campaign_id, window_key, state, delta)
  SELECT campaign_id, window_key, state, sum(delta) FROM (
    SELECT campaign_id, window_key, state, 1 AS delta FROM added
    UNION ALL
    SELECT campaign_id, window_key, state, -1 FROM removed
  ) AS changed GROUP BY 1, 2, 3 HAVING sum(delta) <> 0;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "contacts_added" AFTER INSERT ON "contacts" REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION "contacts_added"();
--> statement-breakpoint
CREATE TRIGGER "contacts_removed" AFTER DELETE ON "contacts" REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION "contacts_removed"();
--> statement-breakpoint
CREATE TRIGGER "contacts_changed" AFTER UPDATE ON "contacts" REFERENCING OLD TABLE AS removed NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION "contacts_changed"();
