-- What drizzle's schema cannot say.

-- jobs/ listens on channel `outbox`, so a message leaves within milliseconds of its commit. Postgres folds equal
-- notifications of one transaction into one.
CREATE FUNCTION "outbox_notify"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('outbox', '');
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "outbox_notify" AFTER INSERT ON "outbox" FOR EACH STATEMENT EXECUTE FUNCTION "outbox_notify"();
--> statement-breakpoint
-- An agent names its live version and the version names its agent: whichever is written first waits for the commit.
ALTER TABLE "agents" ADD CONSTRAINT "agents_live_version_id_fk"
  FOREIGN KEY ("live_version_id") REFERENCES "agent_versions"("id") DEFERRABLE INITIALLY DEFERRED;
