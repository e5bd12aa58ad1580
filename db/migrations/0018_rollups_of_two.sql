ALTER TABLE "call_rollups" DROP CONSTRAINT "call_rollups_dimension";--> statement-breakpoint
ALTER TABLE "call_rollups" ADD CONSTRAINT "call_rollups_dimension" CHECK ("call_rollups"."dimension" in ('all', 'agent', 'number', 'campaign', 'agent_number', 'campaign_agent', 'campaign_number'));--> statement-breakpoint
-- The days of the calls there are already, as core/reports/rollups.ts adds them, and four weeks from days.
INSERT INTO "call_rollups" ("workspace_id", "dimension", "key", "grain_minutes", "bucket_at", "channel", "direction", "disposition", "calls", "answered", "duration_ms", "turns", "spoken", "first_word_ms")
SELECT "workspace_id", "dimension", "key", 1440, date_bin(interval '1 day', "created_at", timestamptz 'epoch'), "channel", "direction", "disposition",
  count(*), count("answered_at"), sum(coalesce("duration_ms", 0)), sum("turn_count"),
  count(*) FILTER (WHERE "answered_at" IS NOT NULL AND "first_word_at" IS NOT NULL),
  coalesce(sum(greatest(0, extract(epoch from "first_word_at" - "answered_at") * 1000)), 0)
FROM (
  SELECT *, CASE WHEN "channel" <> 'phone' THEN NULL WHEN "direction" = 'inbound' THEN "to_number" ELSE "from_number" END AS "line" FROM "calls"
) AS "calls"
CROSS JOIN LATERAL (VALUES ('agent_number', "agent_id" || ' ' || "line"), ('campaign_agent', "campaign_id" || ' ' || "agent_id"),
  ('campaign_number', "campaign_id" || ' ' || "line")) AS "of" ("dimension", "key")
WHERE "finalized_at" IS NOT NULL AND "key" IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;--> statement-breakpoint
INSERT INTO "call_rollups" ("workspace_id", "dimension", "key", "grain_minutes", "bucket_at", "channel", "direction", "disposition", "calls", "answered", "duration_ms", "turns", "spoken", "first_word_ms")
SELECT "workspace_id", "dimension", "key", 40320, date_bin(interval '28 days', "bucket_at", timestamptz 'epoch'), "channel", "direction", "disposition",
  sum("calls"), sum("answered"), sum("duration_ms"), sum("turns"), sum("spoken"), sum("first_word_ms")
FROM "call_rollups" WHERE "grain_minutes" = 1440 AND "dimension" IN ('agent_number', 'campaign_agent', 'campaign_number')
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
