export { startTemporaryPostgres as startPostgres } from '../../cli/embedded/temporary-postgres.ts';
