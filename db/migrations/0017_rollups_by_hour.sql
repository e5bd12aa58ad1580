ALTER TABLE "call_rollups" DROP CONSTRAINT "call_rollups_grain";--> statement-breakpoint
ALTER TABLE "call_rollups" ADD CONSTRAINT "call_rollups_grain" CHECK ("call_rollups"."grain_minutes" in (15, 60, 1440, 40320));--> statement-breakpoint
-- The hours and the four weeks there are already, from quarters and days.
INSERT INTO "call_rollups" ("workspace_id", "dimension", "key", "grain_minutes", "bucket_at", "channel", "direction", "disposition", "calls", "answered", "duration_ms", "turns", "spoken", "first_word_ms")
SELECT "workspace_id", "dimension", "key", "longer", date_bin(make_interval(mins => "longer"), "bucket_at", timestamptz 'epoch'), "channel", "direction", "disposition",
  sum("calls"), sum("answered"), sum("duration_ms"), sum("turns"), sum("spoken"), sum("first_word_ms")
FROM "call_rollups" JOIN (VALUES (15, 60), (1440, 40320)) AS "grain" ("shorter", "longer") ON "grain_minutes" = "shorter"
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
