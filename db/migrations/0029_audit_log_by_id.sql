DROP INDEX "audit_log_workspace";--> statement-breakpoint
CREATE INDEX "audit_log_workspace" ON "audit_log" USING btree ("workspace_id","id" DESC NULLS LAST);