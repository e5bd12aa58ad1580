DO $$ BEGIN
	-- Both come with PostgreSQL and are trusted: whoever may create things in the database may create them.
	CREATE EXTENSION IF NOT EXISTS pg_trgm;
	CREATE EXTENSION IF NOT EXISTS btree_gin;
EXCEPTION
	WHEN insufficient_privilege THEN
		RAISE EXCEPTION 'the user "%" may not create the extensions pg_trgm and btree_gin; let an administrator run "create extension pg_trgm; create extension btree_gin" in the database "%" once, then start again', current_user, current_database();
	WHEN undefined_file OR feature_not_supported THEN
		RAISE EXCEPTION 'this PostgreSQL lacks the extensions pg_trgm and btree_gin; install its contrib package (postgresql-contrib), then start again';
END $$;
--> statement-breakpoint
DO $$ BEGIN
	-- Makes the search by embeddings faster where it is to be had; nothing needs it.
	CREATE EXTENSION IF NOT EXISTS vector;
EXCEPTION
	WHEN OTHERS THEN NULL;
END $$;
--> statement-breakpoint
CREATE TABLE "knowledge_chunks" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"agent_id" uuid NOT NULL,
	"file_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"heading" text DEFAULT '' NOT NULL,
	"page" integer,
	"passage" text NOT NULL,
	"lexemes" "tsvector" NOT NULL,
	"embedding" real[]
);
--> statement-breakpoint
CREATE TABLE "knowledge_files" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"size_bytes" integer NOT NULL,
	"sha256" text NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"blob_key" text NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"error" text,
	"passage_count" integer DEFAULT 0 NOT NULL,
	"search_config" text DEFAULT 'simple' NOT NULL,
	"embedding_model" text,
	"uploaded_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"indexed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "knowledge_files_status" CHECK ("knowledge_files"."status" in ('queued', 'indexing', 'ready', 'failed')),
	CONSTRAINT "knowledge_files_type" CHECK ("knowledge_files"."type" in ('pdf', 'docx', 'txt', 'md', 'html', 'csv'))
);
--> statement-breakpoint
CREATE TABLE "knowledge_words" (
	"agent_id" uuid NOT NULL,
	"file_id" uuid NOT NULL,
	"word" text NOT NULL,
	CONSTRAINT "knowledge_words_file_id_word_pk" PRIMARY KEY("file_id","word")
);
--> statement-breakpoint
ALTER TABLE "knowledge_chunks" ADD CONSTRAINT "knowledge_chunks_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_chunks" ADD CONSTRAINT "knowledge_chunks_file_id_knowledge_files_id_fk" FOREIGN KEY ("file_id") REFERENCES "public"."knowledge_files"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_files" ADD CONSTRAINT "knowledge_files_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_files" ADD CONSTRAINT "knowledge_files_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_words" ADD CONSTRAINT "knowledge_words_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_words" ADD CONSTRAINT "knowledge_words_file_id_knowledge_files_id_fk" FOREIGN KEY ("file_id") REFERENCES "public"."knowledge_files"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "knowledge_chunks_file" ON "knowledge_chunks" USING btree ("file_id","position");--> statement-breakpoint
CREATE INDEX "knowledge_chunks_agent" ON "knowledge_chunks" USING btree ("agent_id");--> statement-breakpoint
CREATE INDEX "knowledge_chunks_lexemes" ON "knowledge_chunks" USING gin ("agent_id","lexemes") WITH (fastupdate=false);--> statement-breakpoint
CREATE UNIQUE INDEX "knowledge_files_name" ON "knowledge_files" USING btree ("agent_id","name");--> statement-breakpoint
CREATE INDEX "knowledge_files_unfinished" ON "knowledge_files" USING btree ("updated_at") WHERE "knowledge_files"."status" in ('queued', 'indexing');--> statement-breakpoint
CREATE INDEX "knowledge_words_similar" ON "knowledge_words" USING gin ("agent_id","word" gin_trgm_ops) WITH (fastupdate=false);--> statement-breakpoint
-- Embeddings do not compress; trying to costs more than reading them.
ALTER TABLE "knowledge_chunks" ALTER COLUMN "embedding" SET STORAGE EXTERNAL;
