ALTER TABLE "call_rollups" DROP CONSTRAINT "call_rollups_key";
--> statement-breakpoint
ALTER TABLE "call_rollups" ADD CONSTRAINT "call_rollups_key" PRIMARY KEY("workspace_id","dimension","grain_minutes","bucket_at","key","channel","direction","disposition");